package dev.bottle.crd.api;

/** A skill: the files of one ConfigMap. */
public record SkillSource(String name, NameReference configMapRef) {}
