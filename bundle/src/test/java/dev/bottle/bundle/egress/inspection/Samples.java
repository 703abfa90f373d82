package dev.bottle.bundle.egress.inspection;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.zip.CRC32;

/** Credentials that look real and are not: random, from a fixed seed, never written out whole. */
final class Samples {
  static final String CANARY = "btl_" + "canary_" + "q7Zk2Lw9Xv4Tn8Rb1Yd6Hc3Mf5Gs0JpA";
  static final String OWN = "own-token/with+odd=characters&more%" + "7Qz";

  private static final String ALNUM =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  private static final String HEX = "0123456789abcdef";

  private Samples() {}

  /** One of each of these formats, by its rule's name. */
  static Map<String, String> formats() {
    Map<String, String> samples = new HashMap<>();
    samples.put("GithubPersonal", github("ghp_"));
    samples.put("GithubServer", github("ghs_"));
    samples.put("NpmToken", github("npm_"));
    samples.put("GithubFineGrained", "github_pat_" + of(ALNUM, 22) + "_" + of(ALNUM, 59));
    samples.put("AnthropicKey", "sk-ant-" + "api03-" + of(ALNUM, 93) + "AA");
    samples.put("AnthropicOauth", "sk-ant-" + "oat01-" + of(ALNUM, 93) + "AA");
    samples.put("OpenaiKey", "sk-" + "proj-" + of(ALNUM, 74) + "T3Blbk" + "FJ" + of(ALNUM, 74));
    samples.put("AwsKeyId", "AKI" + "A" + of("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16));
    samples.put("GcpApiKey", "AIz" + "aSy" + of(ALNUM, 33));
    samples.put("GcpAccessToken", "ya29" + ".a0" + of(ALNUM, 120));
    samples.put(
        "AzureStorageKey", "Account" + "Key=" + Base64.getEncoder().encodeToString(bytes(64)));
    samples.put("AzureClientSecret", "abc" + "8Q" + "~" + of(ALNUM, 34));
    samples.put("SlackBot", "xox" + "b-123456789012-210987654321-" + of(ALNUM, 24));
    samples.put("StripeLive", "sk_" + "live_" + of(ALNUM, 24));
    samples.put("GitlabPersonal", "glpat" + "-" + of(ALNUM, 20));
    samples.put("HuggingFace", "hf" + "_" + of(ALNUM.substring(10), 34));
    samples.put("PypiToken", "pypi-" + "AgEIcHlwaS5vcmc" + of(ALNUM, 140));
    samples.put("DockerToken", "dckr_" + "pat_" + of(ALNUM, 27));
    samples.put("DigitalOceanPersonal", "dop" + "_v1_" + of(HEX, 64));
    samples.put("SendGrid", "SG" + "." + of(ALNUM, 22) + "." + of(ALNUM, 43));
    samples.put("VaultService", "hvs" + "." + of(ALNUM, 95));
    samples.put("TerraformCloud", of(ALNUM, 14) + ".atlas" + "v1." + of(ALNUM, 67));
    samples.put("DatabricksToken", "dap" + "i" + of(HEX, 32));
    samples.put("TelegramBot", "123456789" + ":A" + "A" + of(ALNUM, 33));
    samples.put("AirtableToken", "pat" + of(ALNUM, 14) + "." + of(HEX, 64));
    samples.put("PrivateKey", pem("\n"));
    return samples;
  }

  /** The beginning of a PKCS #8 key, with these line breaks. */
  static String pem(String lineBreak) {
    byte[] der = bytes(120);
    der[0] = 0x30;
    String text = Base64.getEncoder().encodeToString(der);
    return "-----BEGIN PRIVATE"
        + " KEY-----"
        + lineBreak
        + text.substring(0, 64)
        + lineBreak
        + text.substring(64);
  }

  static String github(String prefix) {
    String random = of(ALNUM, 30);
    CRC32 crc = new CRC32();
    crc.update(random.getBytes(StandardCharsets.US_ASCII));
    StringBuilder sum = new StringBuilder();
    long rest = crc.getValue();
    for (int i = 0; i < 6; i++) {
      sum.insert(0, ALNUM.charAt((int) (rest % 62)));
      rest /= 62;
    }
    return prefix + random + sum;
  }

  static String of(String alphabet, int length) {
    Random random = new Random(7);
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < length; i++) {
      text.append(alphabet.charAt(random.nextInt(alphabet.length())));
    }
    return text.toString();
  }

  static byte[] bytes(int length) {
    byte[] bytes = new byte[length];
    new Random(11).nextBytes(bytes);
    return bytes;
  }

  static Needles needles() {
    List<Rule> rules = new ArrayList<>(RuleFile.read());
    rules.add(new Rule.Value("Canary", Finding.Kind.CANARY, CANARY));
    rules.add(new Rule.Value("OwnToken", Finding.Kind.OWN_TOKEN, OWN));
    return Needles.of(rules);
  }
}
