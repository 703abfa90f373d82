package dev.bottle.crd.schema;

import dev.bottle.crd.policy.GitUpstream;
import dev.bottle.crd.policy.HostPattern;
import dev.bottle.crd.policy.ResponsePolicy;
import dev.bottle.crd.policy.RoutePolicy;

/** What a value must look like: a CEL rule, and a message that says what to write instead. */
enum Check {
  Host(
      253,
      "self.matches('" + HostPattern.GRAMMAR + "')",
      "must be a host name of two or more lower-case labels such as api.example.org, or *. before"
          + " one for every name below it; write no IP address (a cluster admin allows private"
          + " destinations in bottle-admin), no port (only 443 is reachable), no scheme or path, no"
          + " trailing dot, and not * alone"),
  ExactHost(
      253,
      "self.matches('" + HostPattern.GRAMMAR + "') && !self.startsWith('*')",
      "must be one host name of two or more lower-case labels such as api.example.org; write no"
          + " wildcard (a credential belongs to one host), no IP address, no port, no scheme or"
          + " path and no trailing dot"),
  ImageReference(
      512,
      "self.matches('^([a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?([.][a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?)*(:[0-9]+)?/)?[a-z0-9]+(([.]|_|__|-+)[a-z0-9]+)*(/[a-z0-9]+(([.]|_|__|-+)[a-z0-9]+)*)*(:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(@sha256:[0-9a-f]{64})?$')",
      "must be an OCI image reference: [registry[:port]/]path[:tag][@sha256:<64 hex>] such as"
          + " ghcr.io/example/agent:1.2; write no scheme, no space, and the path in lower case"),
  AbsolutePath(
      512,
      "self.matches('^/[^[:cntrl:]]*$') && !self.matches('(^|/)[.][.](/|$)')",
      "must be an absolute path in the guest such as /home/node/work: start it with /, and write no"
          + " .. and no control characters"),
  RequestPath(
      RoutePolicy.MAX_PATH_LENGTH,
      "self != '' && self.matches('"
          + RoutePolicy.PATH_GRAMMAR
          + "') && !self.matches('"
          + RoutePolicy.DOT_SEGMENT
          + "')",
      "must be a path prefix such as /v1/messages: start it with /, and write no empty segment"
          + " (//), no . or .. segment, no %-encoding, no ; or \\, no query or fragment, no"
          + " wildcard and no space"),
  User(
      32,
      "self.matches('^[A-Za-z_][A-Za-z0-9_.-]*$')",
      "must be the name of a user in the image such as node: letters, digits, _ . and -, beginning"
          + " with a letter or _; write the name, not the number"),
  EnvironmentName(
      128,
      "self.matches('^[A-Za-z_][A-Za-z0-9_]*$')",
      "must be letters, digits and _, not beginning with a digit, such as LOG_LEVEL"),
  NotReserved(
      128,
      "!(self in ['HTTPS_PROXY','HTTP_PROXY','ALL_PROXY','NO_PROXY','https_proxy','http_proxy',"
          + "'all_proxy','no_proxy','NODE_EXTRA_CA_CERTS','SSL_CERT_FILE','SSL_CERT_DIR',"
          + "'REQUESTS_CA_BUNDLE','CURL_CA_BUNDLE','GIT_SSL_CAINFO','PIP_CERT','AWS_CA_BUNDLE',"
          + "'CARGO_HTTP_CAINFO','DENO_CERT','GRPC_DEFAULT_SSL_ROOTS_FILE_PATH','NIX_SSL_CERT_FILE',"
          + "'HOME','USER','PATH'])",
      "is set by Bottle (proxy, certificate authority, HOME, USER, PATH); remove it: hosts belong"
          + " in spec.egress.allow, the user in spec.agent.user"),
  Text(0, "!self.contains('\\u0000')", "must not contain a NUL character; remove it"),
  Label(
      63,
      "self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$')",
      "must be lower-case letters, digits and hyphens, beginning and ending with a letter or digit,"
          + " such as code-review"),
  ObjectName(
      253,
      "self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*$')",
      "must be the name of an object in the Bottle's namespace: lower-case letters, digits, hyphens"
          + " and dots"),
  DataKey(
      253,
      "self.matches('^[-._a-zA-Z0-9]+$')",
      "must be a key of the ConfigMap or Secret: letters, digits, - _ and ."),
  Memory(
      32,
      "isQuantity(string(self)) && quantity(string(self)).compareTo(quantity('128Mi')) >= 0 &&"
          + " quantity(string(self)).compareTo(quantity('1Ti')) <= 0",
      "must be a quantity from 128Mi to 1Ti, such as 2Gi"),
  Disk(
      32,
      "isQuantity(string(self)) && quantity(string(self)).compareTo(quantity('1Gi')) >= 0 &&"
          + " quantity(string(self)).compareTo(quantity('4Ti')) <= 0",
      "must be a quantity from 1Gi to 4Ti, such as 10Gi"),
  ResponseSize(
      32,
      "isQuantity(string(self)) && quantity(string(self)).compareTo(quantity('1Ki')) >= 0 &&"
          + " quantity(string(self)).compareTo(quantity('1Ti')) <= 0",
      "must be a quantity from 1Ki to 1Ti, such as 8Gi"),
  MediaType(
      255,
      "self.matches('" + ResponsePolicy.TYPE_GRAMMAR + "')",
      "must be a media type such as application/json, or text/* for every subtype: lower case,"
          + " without parameters (no ;)"),
  Method(
      16,
      "self in ['GET','HEAD','POST','PUT','PATCH','DELETE','OPTIONS']",
      "must be GET, HEAD, POST, PUT, PATCH, DELETE or OPTIONS, in upper case"),
  HeaderName(
      128,
      "self.matches('^[A-Za-z0-9-]+$') && !(self.lowerAscii() in ['host','connection','upgrade',"
          + "'content-length','transfer-encoding','te','trailer','keep-alive','proxy-authorization',"
          + "'proxy-connection'])",
      "must be the name of a request header such as X-Api-Key (letters, digits and hyphens), and"
          + " not one that frames or routes the request"),
  UserName(
      256,
      "self.matches('^[!-9;-~]+$')",
      "must be the user name of HTTP Basic: visible ASCII characters without a colon"),
  GitUrl(
      512,
      "(self.matches('"
          + GitUpstream.HTTPS_URL
          + "') || self.matches('"
          + GitUpstream.SSH_URL
          + "')) && !self.matches('"
          + GitUpstream.DOT_SEGMENT
          + "')",
      "must be https://host/path or ssh://user@host/path; write git@host:path as"
          + " ssh://git@host/path, and put credentials into tokenSecretRef or identitySecretRef"),
  RefPattern(
      255,
      "self.matches('^refs/(heads|tags)/[A-Za-z0-9._/*-]+$') && !self.contains('..')",
      "must be a full ref or a pattern such as refs/heads/agent/*");

  private final int maxLength;
  private final String rule;
  private final String message;

  Check(int maxLength, String rule, String message) {
    this.maxLength = maxLength;
    this.rule = rule;
    this.message = message;
  }

  /** In characters; 0 sets none. CEL's cost needs one on every string. */
  int maxLength() {
    return maxLength;
  }

  String rule() {
    return rule;
  }

  String message() {
    return message;
  }
}
