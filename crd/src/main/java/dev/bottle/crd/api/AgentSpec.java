package dev.bottle.crd.api;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** What the agent in the guest gets. */
public record AgentSpec(
    @Nullable PromptSource prompt,
    @Nullable List<SkillSource> skills,
    @Nullable String skillsDir,
    @Nullable String user,
    @Nullable List<EnvironmentVariable> env,
    @Nullable String workdir) {}
