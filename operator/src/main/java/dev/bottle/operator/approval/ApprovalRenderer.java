package dev.bottle.operator.approval;

import dev.bottle.crd.api.AgentRequest;
import dev.bottle.crd.api.Bottle;
import dev.bottle.crd.api.BottleApproval;
import dev.bottle.crd.api.BottleApprovalSpec;
import dev.bottle.crd.api.EgressRequest;
import dev.bottle.crd.api.GitRequest;
import dev.bottle.crd.api.HumanQuestion;
import dev.bottle.crd.api.RequestKind;
import dev.bottle.crd.names.Names;
import dev.bottle.crd.request.Ask;
import dev.bottle.crd.request.PlainLine;
import dev.bottle.operator.render.Identity;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The BottleApproval of a request: what people see is exactly what the hash is of. */
final class ApprovalRenderer {
  private static final int MAX_REASON = 2000;

  private ApprovalRenderer() {}

  static BottleApproval render(Bottle bottle, AgentRequest request, Asked asked) {
    BottleApproval approval = new BottleApproval();
    approval.setMetadata(
        new ObjectMetaBuilder(
                Identity.metadata(
                    bottle, Names.approval(bottle.getMetadata().getName(), request.id())))
            .addToLabels("app.kubernetes.io/component", "approval")
            .build());
    approval.setSpec(
        switch (asked.ask()) {
          case Ask.Egress(String host, List<String> methods, String path, long ttl) ->
              spec(
                  bottle,
                  request,
                  RequestKind.Egress,
                  new EgressRequest(host, some(methods), path, ttl),
                  null,
                  null);
          case Ask.Git(String url, List<String> refs) ->
              spec(bottle, request, RequestKind.Git, null, new GitRequest(url, some(refs)), null);
          case Ask.Question(String text, List<String> options) ->
              spec(
                  bottle,
                  request,
                  RequestKind.Question,
                  null,
                  null,
                  new HumanQuestion(text, some(options)));
        });
    return approval;
  }

  private static BottleApprovalSpec spec(
      Bottle bottle,
      AgentRequest request,
      RequestKind kind,
      @Nullable EgressRequest egress,
      @Nullable GitRequest git,
      @Nullable HumanQuestion question) {
    return new BottleApprovalSpec(
        bottle.getMetadata().getName(),
        bottle.getMetadata().getUid(),
        request.id(),
        request.hash(),
        kind,
        egress,
        git,
        question,
        PlainLine.of(request.reason(), MAX_REASON),
        request.requestedAt(),
        request.expiresAt());
  }

  private static @Nullable List<String> some(List<String> values) {
    return values.isEmpty() ? null : values;
  }
}
