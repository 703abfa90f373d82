package dev.bottle.crd.guest;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** guest.json: who runs the agent and with which environment. */
public record GuestFiles(
    int version,
    @Nullable String user,
    @Nullable String workdir,
    @Nullable String skillsDir,
    List<String> skills,
    Map<String, String> environment,
    PromptKind prompt) {}
