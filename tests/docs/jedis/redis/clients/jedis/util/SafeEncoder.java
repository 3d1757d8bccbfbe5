package redis.clients.jedis.util;

import java.nio.charset.StandardCharsets;

public final class SafeEncoder {
  private SafeEncoder() {}

  public static byte[] encode(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  public static String encode(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
