package dev.bottle.crd.api;

import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Kind;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.ShortNames;
import io.fabric8.kubernetes.model.annotation.Singular;
import io.fabric8.kubernetes.model.annotation.Version;

/** A coding agent sealed in a microVM whose only way out is its own bundle of proxies. */
@Group("bottle.dev")
@Version("v1alpha1")
@Kind("Bottle")
@Plural("bottles")
@Singular("bottle")
@ShortNames("btl")
public class Bottle extends CustomResource<BottleSpec, BottleStatus> implements Namespaced {}
