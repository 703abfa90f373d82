package dev.bottle.system.adversarial;

import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/** One connection of the guest to its proxy, of which the attack decides every byte. */
final class Guest implements Closeable {
  /** Of an answer that does not come; a case that waits for so long has failed. */
  private static final int PATIENCE_MILLIS = 30_000;

  private final SSLContext trust;
  private Socket socket;

  Guest(InetSocketAddress proxy, SSLContext trust) throws IOException {
    this.trust = trust;
    socket = new Socket(proxy.getAddress(), proxy.getPort());
    socket.setSoTimeout(PATIENCE_MILLIS);
  }

  /** One ISO-8859-1 character a byte. */
  Guest send(String text) throws IOException {
    return send(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  /** These bytes; a proxy that has answered already may not take them all. */
  Guest send(byte[] bytes) throws IOException {
    socket.getOutputStream().write(bytes);
    socket.getOutputStream().flush();
    return this;
  }

  /** CONNECT, and the head of the answer; the whole answer when it is a refusal. */
  String connect(String authority) throws IOException {
    send("CONNECT " + authority + " HTTP/1.1\r\nHost: " + authority + "\r\n\r\n");
    String head = head();
    return head.startsWith("HTTP/1.1 200 ") ? head : head + rest();
  }

  /**
   * TLS on top of an open tunnel.
   *
   * @param serverName null for a ClientHello without one
   */
  Guest handshake(@Nullable String serverName) throws IOException {
    SSLSocket tls =
        (SSLSocket) trust.getSocketFactory().createSocket(socket, null, socket.getPort(), true);
    SSLParameters parameters = tls.getSSLParameters();
    if (serverName != null) {
      parameters.setServerNames(List.of(new SNIHostName(serverName)));
      parameters.setEndpointIdentificationAlgorithm("HTTPS");
    }
    parameters.setApplicationProtocols(new String[] {"h2", "http/1.1"});
    tls.setSSLParameters(parameters);
    tls.startHandshake();
    socket = tls;
    return this;
  }

  /** An open tunnel with TLS in it. */
  Guest tunnel(String host) throws IOException {
    String answer = connect(host + ":443");
    if (!answer.startsWith("HTTP/1.1 200 ")) {
      throw new IOException("no tunnel: " + answer);
    }
    return handshake(host);
  }

  /** Up to and with the empty line. */
  String head() throws IOException {
    return read("\r\n\r\n");
  }

  /** Up to and with this text. */
  String until(String end) throws IOException {
    return read(end);
  }

  /** Everything until the end. */
  String rest() throws IOException {
    return read(null);
  }

  /** Takes and forgets everything until the end. */
  void drain() throws IOException {
    try {
      in().transferTo(OutputStream.nullOutputStream());
    } catch (SocketTimeoutException alive) {
      throw alive;
    } catch (IOException cut) {
      // an end, too
    }
  }

  /** What egress sends. */
  InputStream in() throws IOException {
    return socket.getInputStream();
  }

  private String read(@Nullable String end) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try {
      for (int read = in().read(); read >= 0; read = in().read()) {
        bytes.write(read);
        if (end != null && read == end.charAt(end.length() - 1) && text(bytes).endsWith(end)) {
          break;
        }
      }
    } catch (IOException cut) {
      bytes.writeBytes(
          ("\n[" + cut.getClass().getSimpleName() + "]").getBytes(StandardCharsets.US_ASCII));
    }
    return text(bytes);
  }

  private static String text(ByteArrayOutputStream bytes) {
    return bytes.toString(StandardCharsets.ISO_8859_1);
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
