package dev.bottle.system.adversarial;

import dev.bottle.system.endtoend.LocalCluster;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Packets of a process's own, without any proxy. An attempt is {@code tcp ADDRESS PORT}, {@code udp
 * ADDRESS PORT}, {@code icmp ADDRESS 0} (a raw socket), {@code ping ADDRESS 0} (a datagram socket
 * of ICMP), {@code name NAME 0} (the system's resolver) or {@code scan ADDRESS 0} (every TCP port).
 */
record Attempts(List<String> attempts) {
  private static final String PROGRAM =
      """
      use strict; use warnings; use Socket qw(:DEFAULT IPPROTO_TCP IPPROTO_UDP inet_pton pack_sockaddr_in6 AF_INET6);
      $| = 1;
      sub attempt {
        my ($kind, $address, $port) = @_;
        if ($kind eq 'name') { return gethostbyname($address) ? 'resolved' : 'no address' }
        if ($kind eq 'scan') {
          my @open;
          for my $each (1 .. 65535) {
            socket(my $s, AF_INET, SOCK_STREAM, IPPROTO_TCP) or return "socket: $!";
            next unless connect($s, pack_sockaddr_in($each, inet_aton($address)));
            # A socket that got the port as its own and found itself is nobody's.
            push @open, $each unless getsockname($s) eq getpeername($s);
          }
          return "open: @open";
        }
        my %kinds = (tcp => [SOCK_STREAM, IPPROTO_TCP], udp => [SOCK_DGRAM, IPPROTO_UDP],
          icmp => [SOCK_RAW, 1], ping => [SOCK_DGRAM, 1]);
        my $six = $address =~ /:/;
        socket(my $s, $six ? AF_INET6 : AF_INET, $kinds{$kind}[0], $kinds{$kind}[1]) or return "socket: $!";
        my $to = $six ? pack_sockaddr_in6($port, inet_pton(AF_INET6, $address)) : pack_sockaddr_in($port, inet_aton($address));
        if ($kind eq 'tcp') {
          my $done = eval {
            local $SIG{ALRM} = sub { die "time-out\\n" };
            alarm 3; my $connected = connect($s, $to); my $why = "$!"; alarm 0;
            syswrite($s, 'out') if $connected;
            $connected ? 'connected' : $why
          };
          return $done // 'time-out';
        }
        # An echo request whose checksum is right: 0x0800 + 0xf7ff.
        return send($s, $kind eq 'udp' ? 'out' : pack('H*', '0800f7ff00000000'), 0, $to) ? 'sent' : "$!";
      }
      print "$_: ", attempt(split / /), "\\n" for @ARGV;
      """;

  /**
   * Makes them all, on this machine.
   *
   * @param as the command that runs its further arguments as whoever tries
   * @return what became of each: {@code connected}, {@code sent}, or the kernel's words
   */
  Map<String, String> by(LocalCluster cluster, List<String> as) {
    List<String> command = new ArrayList<>(as);
    command.addAll(List.of("perl", "-e", PROGRAM, "--"));
    command.addAll(attempts);
    Map<String, String> results = new LinkedHashMap<>();
    cluster
        .host(command.toArray(String[]::new))
        .orThrow()
        .lines()
        .forEach(line -> {
          int end = line.indexOf(": ");
          results.put(line.substring(0, end), line.substring(end + 2));
        });
    if (!results.keySet().containsAll(attempts)) {
      throw new AssertionError("not all was tried: " + results);
    }
    return results;
  }
}
