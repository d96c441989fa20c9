// What one connection has sent and received so far, counted for TCP_INFO. Names as Linux's `tcpi_...` mean them.

export class Tally {
  /** Segments with and without data, both directions; SYN and FIN count. */
  segmentsSent = 0;
  segmentsReceived = 0;
  dataSegmentsSent = 0;
  dataSegmentsReceived = 0;
  /** Bytes of data, each time that they are sent; and of these, again. */
  bytesSent = 0;
  bytesResent = 0;
  /** Segments that the peer has told to have arrived. */
  delivered = 0;
  /** D-SACKs that have come. */
  duplicatesReported = 0;
  /** Segments that have come out of order. */
  outOfOrder = 0;
}
