package dev.bottle.crd.control;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bottle.crd.json.MalformedDocumentException;
import dev.bottle.crd.request.Ask;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ControlMessageTest {
  private static final String NONCE = "0123456789abcdef0123456789abcdef";

  @Test
  void theContractsLinesAreRead() throws MalformedDocumentException {
    assertThat(
            parse(
                "{'type':'state','daemon':'egress','ready':true,'policyHash':null,'reason':null,'message':null}"))
        .isEqualTo(new DaemonState("egress", true, null, null, null, List.of()));
    assertThat(
            parse(
                "{'type':'denial','daemon':'egress','host':'evil.test','port':443,'rule':'HostNotAllowed'}"))
        .isEqualTo(new Denial("egress", "evil.test", 443, "HostNotAllowed"));
    assertThat(
            parse(
                "{'type':'finding','daemon':'egress','host':'a.test','rule':'GitHubToken','action':'Redact'}"))
        .isEqualTo(new Finding("egress", "a.test", "GitHubToken", Finding.Action.Redact));
    assertThat(parse("{'type':'nonce','daemon':'egress','nonce':'" + NONCE + "'}"))
        .isEqualTo(new NonceSeen("egress", NONCE));
    assertThat(
            parse(
                "{'type':'gitDenial','daemon':'git-gate','upstream':'app','ref':null,'rule':'AwsAccessToken','file':'a.txt','secret':true}"))
        .isEqualTo(new GitDenial("git-gate", "app", null, "AwsAccessToken", "a.txt", true));
  }

  @Test
  void whatAGuestCallsItsRefsAndFilesIsCutAndHarmless() {
    GitDenial denial =
        new GitDenial("git-gate", "x".repeat(100), "a\n\u001b", "R", "f".repeat(1000), false);

    assertThat(denial.upstream()).hasSize(63);
    assertThat(denial.ref()).isEqualTo("a??");
    assertThat(denial.file()).hasSize(255);
  }

  @Test
  void emptySlotsAreSortedAndNamedAlways() throws MalformedDocumentException {
    DaemonState state =
        (DaemonState)
            parse("{'type':'state','daemon':'egress','ready':true,'emptySlots':['B','A_0','B']}");

    assertThat(state.emptySlots()).containsExactly("A_0", "B");
    assertThat(new String(state.toLine(), UTF_8)).contains("\"emptySlots\":[\"A_0\",\"B\"]");
    assertThat(
            new String(
                new DaemonState("egress", true, null, null, null, List.of()).toLine(), UTF_8))
        .contains("\"emptySlots\":[]");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "null",
        "[]",
        "'state'",
        "{}",
        "{'type':'other','daemon':'egress'}",
        "{'type':'dev.bottle.crd.control.Denial','daemon':'egress'}",
        "{'daemon':'egress','nonce':'0123456789abcdef0123456789abcdef'}",
        "{'type':'nonce','daemon':'egress','nonce':'0123456789ABCDEF0123456789abcdef'}",
        "{'type':'nonce','daemon':'egress','nonce':null}",
        "{'type':'nonce','daemon':'../egress','nonce':'0123456789abcdef0123456789abcdef'}",
        "{'type':'nonce','daemon':'egress','nonce':'0123456789abcdef0123456789abcdef','x':1}",
        "{'type':'state','daemon':'egress'}",
        "{'type':'state','daemon':'egress','ready':'true'}",
        "{'type':'state','daemon':'egress','ready':1}",
        "{'type':'state','daemon':'egress','ready':true,'ready':false}",
        "{'type':'state','daemon':'egress','ready':true,'policyHash':'abc'}",
        "{'type':'state','daemon':'egress','ready':true,'reason':'two words'}",
        "{'type':'state','ready':true}",
        "{'type':'state','daemon':'egress','ready':true,'emptySlots':['../x']}",
        "{'type':'state','daemon':'egress','ready':true,'emptySlots':[null]}",
        "{'type':'state','daemon':'egress','ready':true,'emptySlots':'A'}",
        "{'type':'denial','daemon':'egress','host':'h','port':65536,'rule':'R'}",
        "{'type':'finding','daemon':'egress','host':'h','rule':'R'}",
        "{'type':'finding','daemon':'egress','host':'h','rule':'R','action':'Block'}",
        "{'type':'finding','daemon':'egress','host':'h','rule':'two words','action':'Redact'}",
        "{'type':'finding','daemon':'egress','host':'h','rule':'R','action':'Redact','found':'x'}",
        "{'type':'denial','daemon':'egress','host':'h','port':1e2,'rule':'R'}",
        "{'type':'denial','daemon':'egress','host':{'a':{'b':{'c':{}}}},'port':1,'rule':'R'}",
        "{'type':'state','daemon':'egress','ready':true} x",
      })
  void aLineThatIsNoMessageIsRefused(String line) {
    assertThatThrownBy(() -> parse(line)).isInstanceOf(MalformedDocumentException.class);
  }

  @Test
  void illFormedUtf8IsRefused() {
    byte[] line =
        "{\"type\":\"denial\",\"daemon\":\"egress\",\"host\":\"~\",\"port\":1,\"rule\":\"R\"}"
            .getBytes(UTF_8);
    for (int i = 0; i < line.length; i++) {
      if (line[i] == '~') {
        line[i] = (byte) 0xC0;
      }
    }

    assertThatThrownBy(() -> ControlMessage.parse(line)).hasMessage("not UTF-8");
  }

  @Test
  void whatADaemonSaysCannotForgeALogLineOrDriveATerminal() throws MalformedDocumentException {
    Denial denial =
        (Denial)
            parse(
                "{'type':'denial','daemon':'egress','host':'a\\n\\u001b[2J\\u202e\\u2028','port':1,'rule':'R'}");

    assertThat(denial.host()).isEqualTo("a??[2J??");
    assertThat(
            new DaemonState("egress", false, null, "R", "x".repeat(100_000), List.of()).message())
        .hasSize(4096);
  }

  @Test
  void messagesFollowEachOtherOnOneStream() throws IOException, MalformedDocumentException {
    List<ControlMessage> sent =
        List.of(
            new DaemonState("egress", true, "0".repeat(64), null, "line\nend", List.of("A_1", "B")),
            new NonceSeen("egress", NONCE),
            new Finding("egress", "a.test", "GitHubToken", Finding.Action.Observe),
            new Denial("egress", "evil.test", 443, "HostNotAllowed"));
    var stream = new ByteArrayOutputStream();
    for (ControlMessage message : sent) {
      stream.write(message.toLine());
    }
    var reader = new ControlReader(new ByteArrayInputStream(stream.toByteArray()));

    for (ControlMessage message : sent) {
      assertThat(reader.next()).contains(message);
    }
    assertThat(reader.next()).isEmpty();
  }

  @Test
  void aLineWithoutEndIsGivenUpAtTheLimit() {
    var endless = new EndlessStream();
    var reader = new ControlReader(endless);

    assertThatThrownBy(reader::next)
        .isInstanceOf(MalformedDocumentException.class)
        .hasMessageContaining("longer than 65536 bytes");
    assertThat(endless.read).isLessThan(2L * ControlMessage.MAX_LINE_BYTES);
  }

  @Test
  void anUnfinishedLineIsNotTheEnd() {
    var reader = new ControlReader(new ByteArrayInputStream("{\"type\"".getBytes(UTF_8)));

    assertThatThrownBy(reader::next).hasMessageContaining("ends within a line");
  }

  @Property
  void everyMessageSurvivesItsLine(@ForAll("messages") ControlMessage message)
      throws MalformedDocumentException {
    byte[] line = message.toLine();

    assertThat(line.length).isLessThanOrEqualTo(ControlMessage.MAX_LINE_BYTES);
    assertThat(new String(line, UTF_8).indexOf('\n'))
        .isEqualTo(new String(line, UTF_8).length() - 1);
    assertThat(ControlMessage.parse(Arrays.copyOf(line, line.length - 1))).isEqualTo(message);
  }

  @Property
  void anyBytesAreAMessageOrAreRefused(@ForAll byte[] line) {
    try {
      assertThat(ControlMessage.parse(line)).isNotNull();
    } catch (MalformedDocumentException e) {
      assertThat(e).hasMessageMatching("\\p{Print}{1,300}");
    }
  }

  @Provide
  Arbitrary<ControlMessage> messages() {
    Arbitrary<String> daemon = Arbitraries.of("egress", "git-gate", "supervise");
    Arbitrary<String> text = Arbitraries.strings().ofMaxLength(6000);
    Arbitrary<String> word = Arbitraries.strings().alpha().ofMinLength(1).ofMaxLength(64);
    Arbitrary<ControlMessage> states =
        Combinators.combine(
                daemon,
                Arbitraries.of(true, false),
                hex(64).injectNull(0.3),
                word.injectNull(0.3),
                text.injectNull(0.3),
                Arbitraries.integers()
                    .between(0, 300)
                    .map(number -> "EGRESS_TOKEN_" + number)
                    .list()
                    .ofMaxSize(20))
            .as(DaemonState::new);
    Arbitrary<ControlMessage> denials =
        Combinators.combine(daemon, text, Arbitraries.integers().between(0, 65535), word)
            .as(Denial::new);
    Arbitrary<ControlMessage> nonces = Combinators.combine(daemon, hex(32)).as(NonceSeen::new);
    return Arbitraries.oneOf(states, denials, nonces, requests(daemon, text), openOnes(daemon));
  }

  private static Arbitrary<ControlMessage> requests(
      Arbitrary<String> daemon, Arbitrary<String> text) {
    Arbitrary<Ask> asks =
        Arbitraries.oneOf(
            Arbitraries.of("a.example.org", "pypi.org")
                .map(host -> new Ask.Egress(host, List.of("POST", "GET"), "/v1", 60)),
            Arbitraries.of("a", "b")
                .map(name -> new Ask.Git("https://h.example.org/" + name, List.of())),
            Combinators.combine(text, text.list().ofMaxSize(6))
                .as((question, options) -> new Ask.Question("? " + question, options)));
    return Combinators.combine(daemon, ids(), asks, text, Arbitraries.longs(), Arbitraries.longs())
        .as(RequestOpen::new);
  }

  private static Arbitrary<ControlMessage> openOnes(Arbitrary<String> daemon) {
    return Combinators.combine(daemon, ids().list().uniqueElements().ofMaxSize(OpenRequests.MAX))
        .as(OpenRequests::new);
  }

  private static Arbitrary<String> ids() {
    return Arbitraries.strings()
        .withCharRange('a', 'z')
        .withCharRange('0', '9')
        .ofLength(16)
        .map(letters -> "r" + letters);
  }

  @Property
  void everyDecisionSurvivesItsLine(
      @ForAll("ids64") String hash, @ForAll boolean approved, @ForAll("notes") String note)
      throws MalformedDocumentException {
    Decision decision = new Decision("r" + hash.substring(0, 16), hash, approved, note);
    byte[] line = decision.toLine();

    assertThat(line.length).isLessThanOrEqualTo(Decision.MAX_LINE_BYTES);
    assertThat(new String(line, UTF_8).indexOf('\n'))
        .isEqualTo(new String(line, UTF_8).length() - 1);
    assertThat(Decision.parse(Arrays.copyOf(line, line.length - 1))).isEqualTo(decision);
  }

  @Provide
  Arbitrary<String> ids64() {
    return hex(64);
  }

  @Provide
  Arbitrary<String> notes() {
    return Arbitraries.oneOf(
        Arbitraries.strings().ofMaxLength(6000),
        Arbitraries.of("\"", "\\", "\uD83D\uDE00").map(text -> text.repeat(3000)));
  }

  private static Arbitrary<String> hex(int digits) {
    return Arbitraries.strings().withChars("0123456789abcdef").ofLength(digits);
  }

  private static ControlMessage parse(String line) throws MalformedDocumentException {
    return ControlMessage.parse(line.replace('\'', '"').getBytes(UTF_8));
  }

  private static final class EndlessStream extends java.io.InputStream {
    private long read;

    @Override
    public int read() {
      read++;
      return 'x';
    }

    @Override
    public int read(byte[] target, int offset, int length) {
      Arrays.fill(target, offset, offset + length, (byte) 'x');
      read += length;
      return length;
    }
  }
}
