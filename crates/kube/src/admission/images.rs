//! Whether anything verifies where images come from.

use eksray_rule::Gap;

use super::{Guard, gatekeeper, kyverno, strongest, webhooks};
use crate::inventory::Kube;

/// What verifies signatures of images as pods are created.
pub fn verified(kube: &Kube) -> Result<Guard, Gap> {
    strongest([
        kyverno::verifies_images(kube),
        gatekeeper::verifies_images(kube),
        verifier(kube),
        webhooks::other_engine(kube),
    ])
}

/// A verifier that the API server asks.
fn verifier(kube: &Kube) -> Result<Guard, Gap> {
    let mut verifiers = webhooks::of_engine(kube, |it| it.verifies_images)?;
    Ok(verifiers.next().map_or(Guard::Nothing, |(engine, webhook)| {
        Guard::Stops(format!("webhook {} of {}", webhook.name, engine.name))
    }))
}
