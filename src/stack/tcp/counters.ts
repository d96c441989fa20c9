// TCP's counters by their SNMP names (RFC 4022) and Linux's TcpExt names, as `nstat` prints them.

export interface TcpCounters {
  TcpActiveOpens: number;
  TcpPassiveOpens: number;
  TcpAttemptFails: number;
  TcpEstabResets: number;
  TcpInSegs: number;
  TcpOutSegs: number;
  TcpRetransSegs: number;
  TcpInErrs: number;
  TcpOutRsts: number;
  TcpInCsumErrors: number;
  TcpExtSyncookiesSent: number;
  TcpExtSyncookiesRecv: number;
  TcpExtSyncookiesFailed: number;
  TcpExtTCPReqQFullDoCookies: number;
  TcpExtTCPReqQFullDrop: number;
  TcpExtTCPAbortOnOverflow: number;
  TcpExtTCPSYNChallenge: number;
  TcpExtTCPTimeWaitOverflow: number;
  TcpExtTWRecycled: number;
  TcpExtListenOverflows: number;
  TcpExtListenDrops: number;
  TcpExtTW: number;
  TcpExtDelayedACKs: number;
  TcpExtPAWSEstab: number;
  TcpExtTCPChallengeACK: number;
  TcpExtTCPTimeouts: number;
  TcpExtTCPLossProbes: number;
  TcpExtTCPFastRetrans: number;
  TcpExtTCPSackRecovery: number;
  TcpExtTCPRenoRecovery: number;
  TcpExtTCPOFOQueue: number;
  TcpExtTCPDSACKOldSent: number;
  TcpExtTCPDSACKRecv: number;
  TcpExtTCPSpuriousRTOs: number;
  TcpExtTCPKeepAlive: number;
  TcpExtTCPWinProbe: number;
  TcpExtTCPAbortOnData: number;
  TcpExtTCPAbortOnTimeout: number;
}

/** All at zero. */
export function newTcpCounters(): TcpCounters {
  return {
    TcpActiveOpens: 0,
    TcpPassiveOpens: 0,
    TcpAttemptFails: 0,
    TcpEstabResets: 0,
    TcpInSegs: 0,
    TcpOutSegs: 0,
    TcpRetransSegs: 0,
    TcpInErrs: 0,
    TcpOutRsts: 0,
    TcpInCsumErrors: 0,
    TcpExtSyncookiesSent: 0,
    TcpExtSyncookiesRecv: 0,
    TcpExtSyncookiesFailed: 0,
    TcpExtTCPReqQFullDoCookies: 0,
    TcpExtTCPReqQFullDrop: 0,
    TcpExtTCPAbortOnOverflow: 0,
    TcpExtTCPSYNChallenge: 0,
    TcpExtTCPTimeWaitOverflow: 0,
    TcpExtTWRecycled: 0,
    TcpExtListenOverflows: 0,
    TcpExtListenDrops: 0,
    TcpExtTW: 0,
    TcpExtDelayedACKs: 0,
    TcpExtPAWSEstab: 0,
    TcpExtTCPChallengeACK: 0,
    TcpExtTCPTimeouts: 0,
    TcpExtTCPLossProbes: 0,
    TcpExtTCPFastRetrans: 0,
    TcpExtTCPSackRecovery: 0,
    TcpExtTCPRenoRecovery: 0,
    TcpExtTCPOFOQueue: 0,
    TcpExtTCPDSACKOldSent: 0,
    TcpExtTCPDSACKRecv: 0,
    TcpExtTCPSpuriousRTOs: 0,
    TcpExtTCPKeepAlive: 0,
    TcpExtTCPWinProbe: 0,
    TcpExtTCPAbortOnData: 0,
    TcpExtTCPAbortOnTimeout: 0,
  };
}
