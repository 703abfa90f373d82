package dev.bottle.bundle.egress.inspection;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.zip.CRC32;

/** Credentials that look real and are not: random, from a fixed seed, never written out whole. */
final class Samples {
  static final String CANARY = "btl_" + "canary_" + "q7Zk2Lw9Xv4Tn8Rb1Yd6Hc3Mf5Gs0JpA";
  static final String OWN = "own-token/with+odd=characters&more%" + "7Qz";

  private static final String ALNUM =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  private static final String HEX = "0123456789abcdef";
  private static final String WORD = ALNUM + "_-";

  private Samples() {}

  /** One of each format, by its rule's name; built of pieces, so that no scanner finds it here. */
  static Map<String, String> formats() {
    Map<String, String> samples = new TreeMap<>();
    code(samples);
    clouds(samples);
    services(samples);
    models(samples);
    keys(samples);
    return samples;
  }

  private static void code(Map<String, String> samples) {
    Map.of("Personal", "p", "Oauth", "o", "User", "u", "Server", "s", "Refresh", "r")
        .forEach((kind, letter) -> samples.put("Github" + kind, github("gh" + letter + "_")));
    samples.put("GithubFineGrained", "github_pat_" + of(ALNUM, 22) + "_" + of(ALNUM, 59));
    samples.put("NpmToken", github("npm_"));
    samples.put("GitlabPersonal", "glpat" + "-" + of(ALNUM, 20));
    samples.put("GitlabDeploy", "gldt" + "-" + of(WORD, 20));
    samples.put("GitlabRunner", "glrt" + "-" + of(WORD, 20));
    samples.put("GitlabTrigger", "glptt" + "-" + of(HEX, 40));
    samples.put("GitlabFeed", "glft" + "-" + of(WORD, 20));
    samples.put("GitlabScim", "glsoat" + "-" + of(WORD, 20));
    samples.put("GitlabAgent", "glagent" + "-" + of(WORD, 50));
    samples.put("GitlabOauth", "gloas" + "-" + of(WORD, 64));
    samples.put("GitlabJob", "glcbt" + "-" + "6a_" + of(WORD, 20));
    samples.put("PypiToken", "pypi-" + "AgEIcHlwaS5vcmc" + of(ALNUM, 140));
    samples.put("RubygemsKey", "rubygems" + "_" + of(HEX, 48));
    samples.put("DockerToken", "dckr_" + "pat_" + of(ALNUM, 27));
    samples.put("DockerOrgToken", "dckr_" + "oat_" + of(ALNUM, 32));
    samples.put("SourcegraphToken", "sgp" + "_" + of(HEX, 16) + "_" + of(HEX, 40));
    samples.put("ArtifactoryKey", "AKC" + "p" + of(ALNUM, 69));
    samples.put("PulumiToken", "pul" + "-" + of(HEX, 40));
    samples.put("PrefectKey", "pnu" + "_" + of(ALNUM, 36));
    samples.put("PostmanKey", "PMA" + "K-" + of(HEX, 24) + "-" + of(HEX, 34));
    samples.put("TerraformCloud", of(ALNUM, 14) + ".atlas" + "v1." + of(ALNUM, 67));
  }

  private static void clouds(Map<String, String> samples) {
    String base32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    samples.put("AwsKeyId", "AKI" + "A" + of(base32, 16));
    samples.put("AwsTemporaryKeyId", "ASI" + "A" + of(base32, 16));
    samples.put("AwsBedrockKey", "ABS" + "K" + of(ALNUM, 128));
    samples.put("GcpApiKey", "AIz" + "aSy" + of(ALNUM, 33));
    samples.put("GcpOauthSecret", "GOC" + "SPX-" + of(WORD, 28));
    samples.put("GcpAccessToken", "ya29" + ".a0" + of(ALNUM, 120));
    samples.put(
        "AzureStorageKey", "Account" + "Key=" + Base64.getEncoder().encodeToString(bytes(64)));
    samples.put("AzureClientSecret", "abc" + "8Q" + "~" + of(ALNUM, 34));
    samples.put("AzureClientSecretOlder", "abc" + "7Q" + "~" + of(ALNUM, 31));
    samples.put("AlibabaKeyId", "LTA" + "I" + of(ALNUM, 20));
    samples.put("DigitalOceanPersonal", "dop" + "_v1_" + of(HEX, 64));
    samples.put("DigitalOceanOauth", "doo" + "_v1_" + of(HEX, 64));
    samples.put("DigitalOceanRefresh", "dor" + "_v1_" + of(HEX, 64));
    samples.put("HerokuKey", "HRK" + "U-AA" + of(WORD, 58));
    samples.put("FlyToken", "fm" + "2_" + of(ALNUM, 160));
    samples.put("NetlifyToken", "nf" + "p_" + of(ALNUM, 36));
    samples.put("SupabaseToken", "sb" + "p_" + of(HEX, 40));
    samples.put("PlanetScaleToken", "pscale_" + "tkn_" + of(ALNUM, 43));
    samples.put("PlanetScalePassword", "pscale_" + "pw_" + of(ALNUM, 43));
    samples.put("TailscaleKey", "tskey" + "-auth-" + of(ALNUM, 17) + "-" + of(ALNUM, 32));
    samples.put("DatabricksToken", "dap" + "i" + of(HEX, 32));
    samples.put("VaultService", "hvs" + "." + of(ALNUM, 95));
    samples.put("VaultBatch", "hvb" + "." + of(ALNUM, 142));
    samples.put("DopplerToken", "dp" + ".pt." + of(ALNUM, 43));
    samples.put("DopplerService", "dp" + ".st." + "prd." + of(ALNUM, 43));
  }

  private static void services(Map<String, String> samples) {
    samples.put("SlackBot", "xox" + "b-123456789012-210987654321-" + of(ALNUM, 24));
    samples.put("SlackUser", "xox" + "p-123456789012-210987654321-345678901234-" + of(HEX, 32));
    samples.put("SlackApp", "xap" + "p-1-A0123456789-1234567890123-" + of(HEX, 64));
    samples.put("SlackWebhook", "hooks.slack" + ".com/services/" + of(ALNUM, 44));
    samples.put("StripeLive", "sk_" + "live_" + of(ALNUM, 24));
    samples.put("StripeRestricted", "rk_" + "live_" + of(ALNUM, 24));
    samples.put("StripeWebhook", "whs" + "ec_" + of(ALNUM, 32));
    samples.put("SendGrid", "SG" + "." + of(ALNUM, 22) + "." + of(ALNUM, 43));
    samples.put("ShopifyAccess", "shp" + "at_" + of(HEX, 32));
    samples.put("ShopifyCustom", "shp" + "ca_" + of(HEX, 32));
    samples.put("ShopifyPrivate", "shp" + "pa_" + of(HEX, 32));
    samples.put("ShopifySecret", "shp" + "ss_" + of(HEX, 32));
    samples.put("SquareSecret", "sq0" + "csp-" + of(WORD, 43));
    samples.put("SquareToken", "sq0" + "atp-" + of(WORD, 22));
    samples.put("LinearKey", "lin_" + "api_" + of(ALNUM, 40));
    samples.put("NotionKey", "nt" + "n_" + "12345678901" + of(ALNUM, 35));
    samples.put("GrafanaService", "gls" + "a_" + of(ALNUM, 32) + "_" + of(HEX, 8));
    samples.put("GrafanaCloud", "gl" + "c_" + of(ALNUM, 120) + "==");
    samples.put("NewRelicKey", "NRA" + "K-" + of(ALNUM.substring(0, 36), 27));
    samples.put("SentryOrg", "sntrys" + "_eyJ" + of(ALNUM, 120) + "_" + of(ALNUM, 43));
    samples.put("SentryUser", "sntryu" + "_" + of(HEX, 64));
    samples.put("OnePasswordService", "ops" + "_eyJ" + of(ALNUM, 300));
    samples.put("AtlassianToken", "ATA" + "TT3" + of(WORD, 177) + "=" + of(HEX, 8));
    samples.put("FigmaToken", "fig" + "d_" + of(WORD, 40));
    samples.put(
        "DynatraceToken",
        "dt0" + "c01." + of(ALNUM.substring(0, 36), 24) + "." + of(ALNUM.substring(0, 36), 64));
    samples.put("ShippoKey", "shippo" + "_live_" + of(HEX, 40));
    samples.put("EasyPostKey", "EZA" + "K" + of(ALNUM, 54));
    samples.put("AirtableToken", "pat" + of(ALNUM, 14) + "." + of(HEX, 64));
    samples.put("TelegramBot", "123456789" + ":A" + "A" + of(ALNUM, 33));
  }

  private static void models(Map<String, String> samples) {
    samples.put("AnthropicKey", "sk-ant-" + "api03-" + of(ALNUM, 93) + "AA");
    samples.put("AnthropicOauth", "sk-ant-" + "oat01-" + of(ALNUM, 93) + "AA");
    samples.put("OpenaiKey", "sk-" + "proj-" + of(ALNUM, 74) + "T3Blbk" + "FJ" + of(ALNUM, 74));
    samples.put("HuggingFace", "hf" + "_" + of(ALNUM.substring(10), 34));
    samples.put("ReplicateToken", "r" + "8_" + of(ALNUM, 37));
    samples.put("GroqKey", "gs" + "k_" + of(ALNUM, 52));
    samples.put("XaiKey", "xa" + "i-" + of(ALNUM, 80));
    samples.put("PerplexityKey", "ppl" + "x-" + of(ALNUM, 48));
  }

  private static void keys(Map<String, String> samples) {
    samples.put("PrivateKey", pem("\n"));
    samples.put(
        "PuttyKey", "PuTTY-User-" + "Key-File-3: ssh-ed25519\nEncryption: none\nComment: x\n");
    samples.put("AgeKey", age(of("qpzry9x8gf2tvdw0s3jn54khce6mua7l", 52)));
  }

  /**
   * With the checksum of BIP-173, which makes the whole a word of a code: computed here as the
   * remainder of a division in GF(32).
   */
  private static String age(String data) {
    String digits = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
    String prefix = "age-secret" + "-key-";
    List<Integer> values = new ArrayList<>();
    prefix.chars().forEach(letter -> values.add(letter >> 5));
    values.add(0);
    prefix.chars().forEach(letter -> values.add(letter & 31));
    data.chars().forEach(letter -> values.add(digits.indexOf(letter)));
    values.addAll(List.of(0, 0, 0, 0, 0, 0));
    int[] generator = {0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3};
    int rest = 1;
    for (int value : values) {
      int top = rest >>> 25;
      rest = ((rest & 0x1ffffff) << 5) ^ value;
      for (int i = 0; i < 5; i++) {
        rest ^= ((top >> i) & 1) * generator[i];
      }
    }
    rest ^= 1;
    StringBuilder key = new StringBuilder(prefix + "1" + data);
    for (int i = 0; i < 6; i++) {
      key.append(digits.charAt((rest >> (5 * (5 - i))) & 31));
    }
    return key.toString().toUpperCase(Locale.ROOT);
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
