package redis.clients.jedis;

import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import redis.clients.jedis.commands.ProtocolCommand;
import redis.clients.jedis.exceptions.JedisDataException;
import redis.clients.jedis.util.SafeEncoder;

/** Replaces Jedis where the library is not available: the methods that docs/clients.md uses, over a socket. */
public class Jedis implements Closeable {
  private final Socket socket;
  private final DataInputStream input;

  public Jedis(String host, int port) {
    try {
      socket = new Socket(host, port);
      input = new DataInputStream(socket.getInputStream());
    } catch (IOException error) {
      throw new UncheckedIOException(error);
    }
  }

  public Object sendCommand(ProtocolCommand command, String... args) {
    try {
      ByteArrayOutputStream request = new ByteArrayOutputStream();
      request.write(SafeEncoder.encode("*" + (args.length + 1) + "\r\n"));
      bulk(request, command.getRaw());
      for (String arg : args) bulk(request, SafeEncoder.encode(arg));
      socket.getOutputStream().write(request.toByteArray());
      return reply();
    } catch (IOException error) {
      throw new UncheckedIOException(error);
    }
  }

  private static void bulk(ByteArrayOutputStream request, byte[] bytes) throws IOException {
    request.write(SafeEncoder.encode("$" + bytes.length + "\r\n"));
    request.write(bytes);
    request.write(SafeEncoder.encode("\r\n"));
  }

  private Object reply() throws IOException {
    String line = line();
    String rest = line.substring(1);
    switch (line.charAt(0)) {
      case '+':
        return SafeEncoder.encode(rest);
      case '-':
        throw new JedisDataException(rest);
      case ':':
        return Long.valueOf(rest);
      case '$':
        return string(Integer.parseInt(rest));
      case '*':
        int count = Integer.parseInt(rest);
        if (count < 0) return null;
        List<Object> items = new ArrayList<>();
        for (int at = 0; at < count; at++) items.add(reply());
        return items;
      default:
        throw new IOException("no reply of RESP2: " + line);
    }
  }

  private byte[] string(int length) throws IOException {
    if (length < 0) return null;
    byte[] bytes = new byte[length];
    input.readFully(bytes);
    line();
    return bytes;
  }

  private String line() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (int next = input.readByte(); next != '\r'; next = input.readByte()) bytes.write(next);
    input.readByte();
    return SafeEncoder.encode(bytes.toByteArray());
  }

  @Override
  public void close() {
    try {
      socket.close();
    } catch (IOException error) {
      throw new UncheckedIOException(error);
    }
  }
}
