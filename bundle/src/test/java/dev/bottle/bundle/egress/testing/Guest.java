package dev.bottle.bundle.egress.testing;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/** One connection of a guest, of which the test decides every byte. */
public final class Guest implements Closeable {
  private static final int PATIENCE_MILLIS = 20_000;

  private Socket socket;

  /** Connects to the relay. */
  public Guest(InetSocketAddress proxy) throws IOException {
    socket = new Socket(proxy.getAddress(), proxy.getPort());
    socket.setSoTimeout(PATIENCE_MILLIS);
  }

  /** Writes and flushes. */
  public Guest send(String text) throws IOException {
    out().write(text.getBytes(StandardCharsets.ISO_8859_1));
    out().flush();
    return this;
  }

  /** CONNECT, and the head of the answer. */
  public String connect(String authority) throws IOException {
    send("CONNECT " + authority + " HTTP/1.1\r\nHost: " + authority + "\r\n\r\n");
    return Wire.head(in());
  }

  /**
   * TLS on top, verified.
   *
   * @param serverName null for a ClientHello without one
   */
  public SSLSocket handshake(SSLContext trust, String host, @Nullable String serverName)
      throws IOException {
    // A layered socket without a host name sends no server name of its own accord.
    SSLSocket tls =
        (SSLSocket) trust.getSocketFactory().createSocket(socket, null, socket.getPort(), true);
    SSLParameters parameters = tls.getSSLParameters();
    if (serverName != null) {
      parameters.setServerNames(List.of(new SNIHostName(serverName)));
    }
    if (host.equals(serverName)) {
      parameters.setEndpointIdentificationAlgorithm("HTTPS");
    }
    parameters.setApplicationProtocols(new String[] {"h2", "http/1.1"});
    tls.setSSLParameters(parameters);
    tls.startHandshake();
    socket = tls;
    return tls;
  }

  /** What egress sends. */
  public InputStream in() throws IOException {
    return socket.getInputStream();
  }

  /** What egress gets. */
  public OutputStream out() throws IOException {
    return socket.getOutputStream();
  }

  /** The socket, with TLS when there is. */
  public Socket socket() {
    return socket;
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
