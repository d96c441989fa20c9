// Every field that a dissected frame can have: one table, with Wireshark's names, so that its filters work here too.

/** What a field's value is: `ipv4` and `ether` are numbers, `ipv6` canonical text, `mark` is there or not. */
export type FieldKind = 'protocol' | 'number' | 'boolean' | 'ipv4' | 'ipv6' | 'ether' | 'text' | 'bytes' | 'mark';

export interface FieldSpec {
  readonly kind: FieldKind;
  /** As Wireshark's tree shows it. */
  readonly title: string;
}

const field =
  (kind: FieldKind) =>
  (title: string): FieldSpec => ({ kind, title });
const protocol = field('protocol');
const number = field('number');
const boolean = field('boolean');
const ipv4 = field('ipv4');
const ipv6 = field('ipv6');
const ether = field('ether');
const text = field('text');
const bytes = field('bytes');
const mark = field('mark');

const frameFields = {
  frame: protocol('Frame'),
  'frame.len': number('Frame Length'),
  'frame.number': number('Frame Number'),
  'frame.time_relative': number('Time since the lab’s start (s)'),
  'frame.interface_name': text('Interface name'),
  '_ws.malformed': mark('Malformed Packet'),
  data: protocol('Data'),
  'data.data': bytes('Data'),
  'data.len': number('Length'),
};

const ethernetFields = {
  eth: protocol('Ethernet II'),
  'eth.dst': ether('Destination'),
  'eth.src': ether('Source'),
  'eth.type': number('Type'),
  'eth.padding': bytes('Padding'),
};

const arpFields = {
  arp: protocol('Address Resolution Protocol'),
  'arp.hw.type': number('Hardware type'),
  'arp.proto.type': number('Protocol type'),
  'arp.hw.size': number('Hardware size'),
  'arp.proto.size': number('Protocol size'),
  'arp.opcode': number('Opcode'),
  'arp.src.hw_mac': ether('Sender MAC address'),
  'arp.src.proto_ipv4': ipv4('Sender IP address'),
  'arp.dst.hw_mac': ether('Target MAC address'),
  'arp.dst.proto_ipv4': ipv4('Target IP address'),
  'arp.isgratuitous': boolean('Is gratuitous'),
};

const ipFields = {
  ip: protocol('Internet Protocol Version 4'),
  'ip.version': number('Version'),
  'ip.hdr_len': number('Header Length'),
  'ip.dsfield': number('Differentiated Services Field'),
  'ip.dsfield.dscp': number('Differentiated Services Codepoint'),
  'ip.dsfield.ecn': number('Explicit Congestion Notification'),
  'ip.len': number('Total Length'),
  'ip.id': number('Identification'),
  'ip.flags': number('Flags'),
  'ip.flags.rb': boolean('Reserved bit'),
  'ip.flags.df': boolean('Don’t fragment'),
  'ip.flags.mf': boolean('More fragments'),
  'ip.frag_offset': number('Fragment Offset'),
  'ip.ttl': number('Time to Live'),
  'ip.proto': number('Protocol'),
  'ip.checksum': number('Header Checksum'),
  'ip.checksum.status': number('Header Checksum Status'),
  'ip.src': ipv4('Source Address'),
  'ip.dst': ipv4('Destination Address'),
  'ip.options': bytes('Options'),
  ipv6: protocol('Internet Protocol Version 6'),
  'ipv6.version': number('Version'),
  'ipv6.tclass': number('Traffic Class'),
  'ipv6.tclass.ecn': number('Explicit Congestion Notification'),
  'ipv6.flow': number('Flow Label'),
  'ipv6.plen': number('Payload Length'),
  'ipv6.nxt': number('Next Header'),
  'ipv6.hlim': number('Hop Limit'),
  'ipv6.src': ipv6('Source Address'),
  'ipv6.dst': ipv6('Destination Address'),
  'ipv6.hopopts': bytes('Hop-by-Hop Options Header'),
  'ipv6.dstopts': bytes('Destination Options Header'),
  'ipv6.routing': bytes('Routing Header'),
  'ipv6.fraghdr': bytes('Fragment Header'),
  'ipv6.fraghdr.offset': number('Offset'),
  'ipv6.fraghdr.more': boolean('More Fragments'),
  'ipv6.fraghdr.ident': number('Identification'),
};

const icmpFields = {
  icmp: protocol('Internet Control Message Protocol'),
  'icmp.type': number('Type'),
  'icmp.code': number('Code'),
  'icmp.checksum': number('Checksum'),
  'icmp.checksum.status': number('Checksum Status'),
  'icmp.ident': number('Identifier'),
  'icmp.seq': number('Sequence Number'),
  'icmp.mtu': number('MTU of next hop'),
  'icmp.redir_gw': ipv4('Gateway Address'),
  icmpv6: protocol('Internet Control Message Protocol v6'),
  'icmpv6.type': number('Type'),
  'icmpv6.code': number('Code'),
  'icmpv6.checksum': number('Checksum'),
  'icmpv6.checksum.status': number('Checksum Status'),
  'icmpv6.echo.identifier': number('Identifier'),
  'icmpv6.echo.sequence_number': number('Sequence'),
  'icmpv6.mtu': number('MTU'),
  'icmpv6.nd.ns.target_address': ipv6('Target Address'),
  'icmpv6.nd.na.target_address': ipv6('Target Address'),
  'icmpv6.nd.na.flag.s': boolean('Solicited'),
  'icmpv6.nd.na.flag.o': boolean('Override'),
  'icmpv6.nd.na.flag.r': boolean('Router'),
  'icmpv6.nd.ra.router_lifetime': number('Router lifetime (s)'),
  'icmpv6.opt.type': number('Type'),
  'icmpv6.opt.linkaddr': ether('Link-layer address'),
  'icmpv6.opt.prefix': ipv6('Prefix'),
};

const udpFields = {
  udp: protocol('User Datagram Protocol'),
  'udp.srcport': number('Source Port'),
  'udp.dstport': number('Destination Port'),
  'udp.length': number('Length'),
  'udp.checksum': number('Checksum'),
  'udp.checksum.status': number('Checksum Status'),
  'udp.stream': number('Stream index'),
};

const tcpFields = {
  tcp: protocol('Transmission Control Protocol'),
  'tcp.srcport': number('Source Port'),
  'tcp.dstport': number('Destination Port'),
  'tcp.stream': number('Stream index'),
  'tcp.len': number('TCP Segment Len'),
  'tcp.seq': number('Sequence Number'),
  'tcp.seq_raw': number('Sequence Number (raw)'),
  'tcp.nxtseq': number('Next Sequence Number'),
  'tcp.ack': number('Acknowledgment Number'),
  'tcp.ack_raw': number('Acknowledgment number (raw)'),
  'tcp.hdr_len': number('Header Length'),
  'tcp.flags': number('Flags'),
  'tcp.flags.ae': boolean('Accurate ECN'),
  'tcp.flags.cwr': boolean('Congestion Window Reduced'),
  'tcp.flags.ece': boolean('ECN-Echo'),
  'tcp.flags.urg': boolean('Urgent'),
  'tcp.flags.ack': boolean('Acknowledgment'),
  'tcp.flags.push': boolean('Push'),
  'tcp.flags.reset': boolean('Reset'),
  'tcp.flags.syn': boolean('Syn'),
  'tcp.flags.fin': boolean('Fin'),
  'tcp.window_size_value': number('Window'),
  'tcp.window_size': number('Calculated window size'),
  'tcp.checksum': number('Checksum'),
  'tcp.checksum.status': number('Checksum Status'),
  'tcp.urgent_pointer': number('Urgent Pointer'),
  'tcp.options': bytes('Options'),
  'tcp.options.mss_val': number('Maximum segment size'),
  'tcp.options.wscale.shift': number('Window scale: shift count'),
  'tcp.options.sack_perm': mark('SACK permitted'),
  'tcp.options.sack_le': number('SACK left edge'),
  'tcp.options.sack_re': number('SACK right edge'),
  'tcp.options.timestamp.tsval': number('Timestamp value'),
  'tcp.options.timestamp.tsecr': number('Timestamp echo reply'),
  'tcp.payload': bytes('TCP payload'),
  'tcp.analysis.retransmission': mark('This frame is a (suspected) retransmission'),
  'tcp.analysis.fast_retransmission': mark('This frame is a (suspected) fast retransmission'),
  'tcp.analysis.spurious_retransmission': mark('This frame is a (suspected) spurious retransmission'),
  'tcp.analysis.out_of_order': mark('This frame is a (suspected) out-of-order segment'),
  'tcp.analysis.lost_segment': mark('Previous segment(s) not captured'),
  'tcp.analysis.ack_lost_segment': mark('ACKed segment that wasn’t captured'),
  'tcp.analysis.duplicate_ack': mark('This is a TCP duplicate ack'),
  'tcp.analysis.duplicate_ack_num': number('Duplicate ACK #'),
  'tcp.analysis.zero_window': mark('TCP zero window'),
  'tcp.analysis.zero_window_probe': mark('TCP zero window probe'),
  'tcp.analysis.zero_window_probe_ack': mark('Acknowledgment of a TCP zero window probe'),
  'tcp.analysis.window_update': mark('TCP window update'),
  'tcp.analysis.window_full': mark('TCP window specified by the receiver is now completely full'),
  'tcp.analysis.keep_alive': mark('TCP keep-alive segment'),
  'tcp.analysis.keep_alive_ack': mark('ACK to a TCP keep-alive segment'),
  'tcp.analysis.bytes_in_flight': number('Bytes in flight'),
};

const applicationFields = {
  dns: protocol('Domain Name System'),
  'dns.id': number('Transaction ID'),
  'dns.flags': number('Flags'),
  'dns.flags.response': boolean('Response'),
  'dns.flags.opcode': number('Opcode'),
  'dns.flags.authoritative': boolean('Authoritative'),
  'dns.flags.truncated': boolean('Truncated'),
  'dns.flags.recdesired': boolean('Recursion desired'),
  'dns.flags.recavail': boolean('Recursion available'),
  'dns.flags.rcode': number('Reply code'),
  'dns.count.queries': number('Questions'),
  'dns.count.answers': number('Answer RRs'),
  'dns.count.auth_rr': number('Authority RRs'),
  'dns.count.add_rr': number('Additional RRs'),
  'dns.qry.name': text('Name'),
  'dns.qry.type': number('Type'),
  'dns.resp.name': text('Name'),
  'dns.resp.type': number('Type'),
  'dns.resp.ttl': number('Time to live'),
  'dns.a': ipv4('Address'),
  'dns.aaaa': ipv6('AAAA Address'),
  'dns.cname': text('CNAME'),
  'dns.ns': text('Name Server'),
  'dns.ptr.domain_name': text('Domain Name'),
  'dns.mx.mail_exchange': text('Mail Exchange'),
  'dns.txt': text('TXT'),
  'dns.soa.mname': text('Primary name server'),
  http: protocol('Hypertext Transfer Protocol'),
  'http.request': boolean('Request'),
  'http.request.method': text('Request Method'),
  'http.request.uri': text('Request URI'),
  'http.request.version': text('Request Version'),
  'http.response': boolean('Response'),
  'http.response.code': number('Status Code'),
  'http.response.phrase': text('Response Phrase'),
  'http.host': text('Host'),
  'http.user_agent': text('User-Agent'),
  'http.content_type': text('Content-Type'),
  'http.content_length': number('Content-Length'),
  'http.file_data': text('File Data'),
};

export const fields = {
  ...frameFields,
  ...ethernetFields,
  ...arpFields,
  ...ipFields,
  ...icmpFields,
  ...udpFields,
  ...tcpFields,
  ...applicationFields,
} as const satisfies Readonly<Record<string, FieldSpec>>;

export type FieldName = keyof typeof fields;

/** Names that stand for several fields: true when it is true of one of them. */
export const fieldAliases: Readonly<Record<string, readonly FieldName[]>> = {
  'eth.addr': ['eth.src', 'eth.dst'],
  'ip.addr': ['ip.src', 'ip.dst'],
  'ip.host': ['ip.src', 'ip.dst'],
  'ipv6.addr': ['ipv6.src', 'ipv6.dst'],
  'tcp.port': ['tcp.srcport', 'tcp.dstport'],
  'udp.port': ['udp.srcport', 'udp.dstport'],
  'arp.proto_ipv4': ['arp.src.proto_ipv4', 'arp.dst.proto_ipv4'],
  'tcp.analysis.flags': [
    'tcp.analysis.retransmission',
    'tcp.analysis.fast_retransmission',
    'tcp.analysis.spurious_retransmission',
    'tcp.analysis.out_of_order',
    'tcp.analysis.lost_segment',
    'tcp.analysis.ack_lost_segment',
    'tcp.analysis.duplicate_ack',
    'tcp.analysis.zero_window',
    'tcp.analysis.zero_window_probe',
    'tcp.analysis.zero_window_probe_ack',
    'tcp.analysis.window_update',
    'tcp.analysis.window_full',
    'tcp.analysis.keep_alive',
    'tcp.analysis.keep_alive_ack',
  ],
};

export function isFieldName(name: string): name is FieldName {
  return Object.hasOwn(fields, name);
}

/** The fields that a name of a filter means; undefined when it means none. */
export function fieldsOf(name: string): readonly FieldName[] | undefined {
  if (isFieldName(name)) return [name];
  return Object.hasOwn(fieldAliases, name) ? fieldAliases[name] : undefined;
}
