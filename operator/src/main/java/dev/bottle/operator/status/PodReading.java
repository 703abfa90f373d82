package dev.bottle.operator.status;

import dev.bottle.crd.condition.Reason;
import io.fabric8.kubernetes.api.model.ContainerState;
import io.fabric8.kubernetes.api.model.ContainerStateTerminated;
import io.fabric8.kubernetes.api.model.ContainerStateWaiting;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.api.model.PodStatus;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What a Pod's status says about why the bundle does not run. */
final class PodReading {
  private static final Set<String> PULL_FAILURES =
      Set.of("ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull");
  private static final int LAST_WORDS = 300;

  private final PodStatus status;

  PodReading(Pod pod) {
    status = pod.getStatus() == null ? new PodStatus() : pod.getStatus();
  }

  /** The scheduler's message, when it found no node. */
  Optional<Verdict> unschedulable() {
    return status.getConditions().stream()
        .filter(condition -> "PodScheduled".equals(condition.getType()))
        .filter(condition -> "False".equals(condition.getStatus()))
        .filter(condition -> "Unschedulable".equals(condition.getReason()))
        .findFirst()
        .map(PodCondition::getMessage)
        .map(message -> Verdict.no(Reason.Unschedulable, message == null ? "" : message));
  }

  /** kubelet's message, when an image of one of these containers cannot be pulled. */
  Optional<Verdict> imagePullFailed() {
    return Stream.of(status.getInitContainerStatuses(), status.getContainerStatuses())
        .flatMap(List::stream)
        .flatMap(container ->
            waiting(container).stream()
                .filter(waiting -> PULL_FAILURES.contains(waiting.getReason()))
                .map(waiting ->
                    Verdict.no(
                        Reason.ImagePullFailed,
                        container.getName() + ": " + text(waiting.getMessage()))))
        .findFirst();
  }

  /** Whether the init container has finished well. */
  boolean initFinished(String name) {
    return init(name)
        .flatMap(container -> terminated(container.getState()))
        .filter(terminated -> Integer.valueOf(0).equals(terminated.getExitCode()))
        .isPresent();
  }

  /** How the init container failed last, if it did. */
  Optional<String> initFailure(String name) {
    return init(name).flatMap(PodReading::failure);
  }

  /** How the container failed last, when it waits to be started again. */
  Optional<String> crash(String name) {
    return status.getContainerStatuses().stream()
        .filter(container -> name.equals(container.getName()))
        .findFirst()
        .filter(
            container -> container.getState() == null || container.getState().getRunning() == null)
        .flatMap(PodReading::failure);
  }

  private Optional<ContainerStatus> init(String name) {
    return status.getInitContainerStatuses().stream()
        .filter(container -> name.equals(container.getName()))
        .findFirst();
  }

  private static Optional<String> failure(ContainerStatus container) {
    return terminated(container.getState())
        .or(() -> terminated(container.getLastState()))
        .filter(terminated -> !Integer.valueOf(0).equals(terminated.getExitCode()))
        .map(terminated ->
            container.getName()
                + " ended with exit code "
                + terminated.getExitCode()
                + " ("
                + text(terminated.getReason())
                + ")"
                + lastWords(terminated.getMessage()))
        .or(() ->
            waiting(container)
                .filter(waiting ->
                    "CreateContainerConfigError".equals(waiting.getReason())
                        || "CreateContainerError".equals(waiting.getReason())
                        || "RunContainerError".equals(waiting.getReason()))
                .map(waiting ->
                    container.getName() + " cannot start: " + text(waiting.getMessage())));
  }

  private static String lastWords(@Nullable String message) {
    if (message == null || message.isBlank()) {
      return "";
    }
    String words = message.strip();
    return ": "
        + (words.length() <= LAST_WORDS
            ? words
            : "…" + words.substring(words.length() - LAST_WORDS));
  }

  private static Optional<ContainerStateTerminated> terminated(@Nullable ContainerState state) {
    return Optional.ofNullable(state).map(ContainerState::getTerminated);
  }

  private static Optional<ContainerStateWaiting> waiting(ContainerStatus container) {
    return Optional.ofNullable(container.getState()).map(ContainerState::getWaiting);
  }

  private static String text(@Nullable String text) {
    return text == null ? "" : text;
  }
}
