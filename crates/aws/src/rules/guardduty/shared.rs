//! What a Region's detectors have turned on.

use eksray_rule::{Gap, Reason};

use crate::{RegionContext, inventory::logs::Detector};

/// Whether a detector watches nodes. False where GuardDuty does not exist.
pub(super) fn runtime_monitoring(region: &RegionContext<'_>) -> Result<bool, Gap> {
    let detectors = match region.region.detectors.known() {
        Err(gap) if gap.reason == Reason::NotSupported => return Ok(false),
        answer => answer?,
    };
    let on = |it: &Detector, name: &str| it.features.get(name).is_some_and(|it| it == "ENABLED");
    let watches = |it: &Detector| {
        it.status == "ENABLED" && (on(it, "RUNTIME_MONITORING") || on(it, "EKS_RUNTIME_MONITORING"))
    };
    if detectors.iter().filter_map(|it| it.known().ok()).any(watches) {
        return Ok(true);
    }
    detectors.iter().find_map(|it| it.gap()).map_or(Ok(false), |it| Err(it.clone()))
}
