//! What a trail or an event data store misses of the management events of a Region.

use eksray_rule::Gap;
use jiff::{SignedDuration, Timestamp};

use crate::inventory::logs::{
    AdvancedEventSelector, EventDataStore, EventSelector, EventSelectors, Trail,
};

/// Sources that people leave out because of their volume; cluster changes never come from them.
const BULKY: [&str; 2] = ["kms.amazonaws.com", "rdsdata.amazonaws.com"];

/// How long a trail may fail to deliver.
const PATIENCE: SignedDuration = SignedDuration::from_hours(24);

/// What a trail misses; nothing when it records all management events.
pub(super) fn missed_by_trail(trail: &Trail, now: Timestamp) -> Result<Option<String>, Gap> {
    let name = trail.trail_arn.as_str();
    // Proof beats doubt: either answer alone can show that events are missed.
    let broken = trail.status.known().map(|it| {
        let stale = it.latest_delivery_time.is_none_or(|last| now.duration_since(last) > PATIENCE);
        match &it.latest_delivery_error {
            _ if !it.is_logging => Some(format!("{name}: IsLogging = false")),
            Some(error) if stale => Some(format!("{name}: LatestDeliveryError = {error}")),
            _ => None,
        }
    });
    let narrow = trail.selectors.known().map(|it| {
        (!records_all(it)).then(|| format!("{name}: its selectors leave management events out"))
    });
    match (broken, narrow) {
        (Ok(Some(missed)), _) | (_, Ok(Some(missed))) => Ok(Some(missed)),
        (Err(gap), _) | (_, Err(gap)) => Err(gap),
        (Ok(None), Ok(None)) => Ok(None),
    }
}

/// What an event data store misses.
pub(super) fn missed_by_store(store: &EventDataStore) -> Option<String> {
    let name = store.event_data_store_arn.as_str();
    if store.status != "ENABLED" {
        return Some(format!("{name}: Status = {}", store.status));
    }
    let all = store.advanced.is_empty() || advanced_records_all(&store.advanced);
    (!all).then(|| format!("{name}: its selectors leave management events out"))
}

fn records_all(selectors: &EventSelectors) -> bool {
    match (selectors.basic.as_slice(), selectors.advanced.as_slice()) {
        ([], []) => true,
        (basic, []) => basic_records_all(basic),
        (_, advanced) => advanced_records_all(advanced),
    }
}

fn basic_records_all(selectors: &[EventSelector]) -> bool {
    let whole = selectors.iter().filter(|it| {
        it.include_management_events
            && it.exclude_management_event_sources.iter().all(|it| BULKY.contains(&it.as_str()))
    });
    let kinds: Vec<&str> = whole.map(|it| it.read_write_type.as_str()).collect();
    let has = |kind: &str| kinds.contains(&kind);
    has("All") || has("ReadOnly") && has("WriteOnly")
}

fn advanced_records_all(selectors: &[AdvancedEventSelector]) -> bool {
    let kinds: Vec<bool> = selectors.iter().flat_map(management_events).collect();
    kinds.contains(&true) && kinds.contains(&false)
}

/// The values of `readOnly` whose management events a selector takes; none when it narrows them otherwise.
fn management_events(selector: &AdvancedEventSelector) -> Vec<bool> {
    let mut kinds = vec![true, false];
    let mut management = false;
    let bulky = |values: &[String]| values.iter().all(|it| BULKY.contains(&it.as_str()));
    for (field, conditions) in &selector.fields {
        for (operator, values) in conditions {
            let has = |value: &str| values.iter().any(|it| it == value);
            match (field.as_str(), operator.as_str()) {
                ("eventCategory", "equals") => management = has("Management"),
                ("eventSource", "notEquals") if bulky(values) => {}
                ("readOnly", "equals") => kinds.retain(|it| has(&it.to_string())),
                _ => return Vec::new(),
            }
        }
    }
    if management { kinds } else { Vec::new() }
}
