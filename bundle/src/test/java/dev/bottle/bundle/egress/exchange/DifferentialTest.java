package dev.bottle.bundle.egress.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;
import net.jqwik.api.statistics.Statistics;

/**
 * What egress takes for a request, a forgiving Netty and the JDK's server take for the same one:
 * method, target, Host, body, and where the next one begins. Refusing it is no other reading.
 */
@SuppressWarnings("StringConcatToTextBlock") // line ends are what is tested
class DifferentialTest {
  private static final int TRIES = 1000;

  /** Whoever is of another opinion about where a request ends does not see this as it is. */
  private static final String MARKER =
      "GET /marker HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";

  @SuppressWarnings("NullAway.Init")
  private static JdkReader jdk;

  @BeforeContainer
  static void start() throws IOException {
    jdk = new JdkReader();
  }

  @AfterContainer
  static void stop() {
    jdk.close();
  }

  @Property(tries = TRIES, edgeCases = EdgeCasesMode.NONE)
  void othersReadTheSame(@ForAll("bytes") String bytes) {
    NettyReader ours = NettyReader.ours().read(bytes, 1);
    List<Reading.Request> accepted = ours.reading().requests();
    String taken = bytes.substring(0, ours.end());

    // The JDK's server takes trailers for the next request; they do not go on (the property below).
    readersAgree(taken, accepted, !ours.trailers());
  }

  @Property(tries = TRIES, edgeCases = EdgeCasesMode.NONE)
  void whatGoesOnIsReadTheSameByAll(@ForAll("bytes") String bytes) {
    NettyReader ours = NettyReader.ours().read(bytes, Integer.MAX_VALUE);
    List<Reading.Request> accepted = ours.reading().requests();
    String onward = ours.forwarded();

    assertThat(NettyReader.ours().read(onward, 1).reading())
        .isEqualTo(new Reading(accepted, false));
    readersAgree(onward, accepted, true);
  }

  @Property(tries = TRIES, edgeCases = EdgeCasesMode.NONE)
  void piecesDoNotMatter(@ForAll("bytes") String bytes) {
    Reading whole = NettyReader.ours().read(bytes, Integer.MAX_VALUE).reading();

    assertThat(NettyReader.ours().read(bytes, 1).reading()).isEqualTo(whole);
    assertThat(NettyReader.ours().read(bytes, 7).reading()).isEqualTo(whole);
  }

  @Property
  void otherReadersOfTargetsSeeTheSamePathAndQuery(@ForAll("targets") String target) {
    boolean passes = RequestTarget.fault(target).isEmpty();
    Statistics.label("passes").collect(passes);
    Statistics.label("passes")
        .coverage(coverage -> coverage.check(true).percentage(share -> share > 3));
    TargetFuzz.readersAgree(target);
  }

  private static void readersAgree(
      String bytes, List<Reading.Request> accepted, boolean alsoTheJdk) {
    Statistics.label("accepted").collect(accepted.size());
    Statistics.label("accepted")
        .coverage(coverage -> coverage.check(1).percentage(share -> share > 3));
    List<Reading.Request> expected = new ArrayList<>(accepted);
    expected.add(new Reading.Request("GET", "/marker", "h", ""));
    Reading netty = NettyReader.forgiving().read(bytes + MARKER, Integer.MAX_VALUE).reading();
    assertThat(netty).as("Netty of %s", bytes).matches(reading -> reading.isNotAnother(expected));
    if (!alsoTheJdk) {
      return;
    }
    Reading java = jdk.read(bytes + MARKER);
    assertThat(java).as("the JDK of %s", bytes).matches(reading -> reading.isNotAnother(expected));
    Statistics.label("the JDK reads it").collect(java.requests().equals(expected));
    Statistics.label("the JDK reads it")
        .coverage(coverage -> coverage.check(true).percentage(share -> share > 50));
  }

  /** Requests of parts that are right and parts that are not, some with a byte more or less. */
  @Provide
  Arbitrary<String> bytes() {
    Arbitrary<String> requests =
        request().list().ofMinSize(1).ofMaxSize(3).map(each -> String.join("", each));
    Arbitrary<String> mutated =
        Combinators.combine(
                requests,
                Arbitraries.integers().between(0, 200),
                Arbitraries.integers().between(0, 1),
                Arbitraries.of(
                    "", "\r", "\n", "\u0000", " ", "\t", ":", ";", ",", "0", "\u000b", "\u0085",
                    "\u00a0", "a"))
            .as((text, at, removed, added) -> {
              int from = at % (text.length() + 1);
              int to = Math.min(text.length(), from + removed);
              return text.substring(0, from) + added + text.substring(to);
            });
    return Arbitraries.frequencyOf(Tuple.of(1, requests), Tuple.of(3, mutated));
  }

  private static Arbitrary<String> request() {
    Arbitrary<String> line =
        Combinators.combine(
                mostly("GET ", "POST ", "post ", "PUT  ", "GET\t", " GET "),
                mostly("/", "/a?b=c", "/a%20b", "/a|b", "http://h/", "*", "//x", "/a b", "/\u00e4"),
                mostly(
                    "HTTP/1.1",
                    "HTTP/1.1",
                    "HTTP/1.0",
                    "http/1.1",
                    "HTTP/1.1 ",
                    "HTTP/2.0",
                    "HTTP/1.12"),
                lineEnds())
            .as((method, target, version, end) -> method + target + " " + version + end);
    Arbitrary<String> header =
        mostly(
            "X: y",
            "Host: h",
            "Host : h",
            "Host: evil",
            " Host: h",
            "X: a\r\n b",
            "X: y\r\n\tContent-Length: 5",
            "X:\u000by",
            "X\u0080: y",
            "X: \u00ff",
            ": y",
            "X",
            "Content-Length: 0",
            "Connection: keep-alive");
    Arbitrary<String> headers =
        Combinators.combine(header, lineEnds())
            .as(String::concat)
            .list()
            .ofMaxSize(3)
            .map(lines -> String.join("", lines));
    return Combinators.combine(line, lineEnds().map(end -> "Host: h" + end), headers, framed())
        .as((first, host, more, rest) -> first + host + more + rest);
  }

  /** What says how long the body is, the empty line, and the body. */
  private static Arbitrary<String> framed() {
    Arbitrary<String> lengths =
        Combinators.combine(
                mostly(
                    "Content-Length: ",
                    "content-length:",
                    "Content-Length : ",
                    "Content-Length:\t"),
                mostly(
                    "3",
                    "03",
                    "+3",
                    "3, 3",
                    "3 ",
                    "-3",
                    "0x3",
                    "3;",
                    "3\r\nContent-Length: 4",
                    "\u000b3",
                    "18446744073709551619"),
                lineEnds(),
                Arbitraries.of("abc", "ab\r", "\r\n\r", "GET"))
            .as((name, value, end, body) -> name + value + "\r\n" + end + body);
    Arbitrary<String> codings =
        mostly(
            "Transfer-Encoding: chunked",
            "transfer-encoding:Chunked",
            "Transfer-Encoding: chunked ",
            "Transfer-Encoding:\u000bchunked",
            "Transfer-Encoding: chunked;x",
            "Transfer-Encoding: identity",
            "Transfer-Encoding: gzip, chunked",
            "Transfer-Encoding:\r\n chunked",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
            "Transfer-Encoding: chunked\r\nContent-Length: 3",
            "Transfer_Encoding: chunked");
    Arbitrary<String> chunk =
        Combinators.combine(
                mostly(
                    "3",
                    "003",
                    "3 ",
                    " 3",
                    "0x3",
                    "3;a=b",
                    "3;a=\"b\"",
                    "3 4",
                    "3\t",
                    "+3",
                    "-3",
                    "3\u0000",
                    "100000003",
                    "3;\n",
                    "3_0",
                    "G"),
                lineEnds(),
                mostly("abc", "abcd", "ab", "\r\n1"),
                lineEnds())
            .as((size, end, data, last) -> size + end + data + last);
    Arbitrary<String> lastChunk =
        mostly(
            "0\r\n\r\n",
            "00\r\n\r\n",
            "0;x\r\n\r\n",
            "0\r\nX: y\r\n\r\n",
            "0\r\nContent-Length: 3\r\n\r\n",
            "0\r\n",
            "0\n\n",
            "0 \r\n\r\n",
            "\r\n0\r\n\r\n",
            "0\r\nX\r\n\r\n");
    Arbitrary<String> chunked =
        Combinators.combine(
                codings, chunk.list().ofMaxSize(2).map(each -> String.join("", each)), lastChunk)
            .as((coding, chunks, last) -> coding + "\r\n\r\n" + chunks + last);
    return Arbitraries.oneOf(lengths, chunked, Arbitraries.of("\r\n"));
  }

  private static Arbitrary<String> lineEnds() {
    return Arbitraries.frequency(
        Tuple.of(40, "\r\n"),
        Tuple.of(1, "\n"),
        Tuple.of(1, "\r\r\n"),
        Tuple.of(1, "\r"),
        Tuple.of(1, " \r\n"),
        Tuple.of(1, "\u000b\r\n"));
  }

  /** Mostly the first, sometimes one of the others. */
  private static Arbitrary<String> mostly(String usual, String... others) {
    return Arbitraries.frequencyOf(
        Tuple.of(12, Arbitraries.just(usual)), Tuple.of(1, Arbitraries.of(others)));
  }

  /** Everything that can be written in one, and what is written in no one. */
  @Provide
  Arbitrary<String> targets() {
    Arbitrary<String> parts =
        Arbitraries.oneOf(
            Arbitraries.of(
                "/", "//", "?", "#", "%2f", "%", "%41", ":", "@", "..", ".", ";", "\\", "[", "]",
                "h:443"),
            Arbitraries.strings().withCharRange('!', '~').ofMinLength(1).ofMaxLength(3));
    return parts.list().ofMaxSize(8).map(each -> "/" + String.join("", each));
  }
}
