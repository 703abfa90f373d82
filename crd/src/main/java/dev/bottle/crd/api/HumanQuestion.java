package dev.bottle.crd.api;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A question of an agent to a person; the decision's note is the answer. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
public record HumanQuestion(
    @Required @Size(max = 2000) @JsonPropertyDescription("The agent's question, one line.")
        String text,
    @Size(max = 6) @JsonPropertyDescription("Answers to choose from. Default: free words.")
        @Nullable List<@Size(max = 101) String> options) {}
