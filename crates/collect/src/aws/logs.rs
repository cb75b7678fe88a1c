//! Log groups, trails and event data stores.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use aws_sdk_cloudtrail::types;
use eksray_aws::inventory::logs::{
    AdvancedEventSelector, EventDataStore, EventSelector, EventSelectors, LogGroup, Trail,
    TrailStatus,
};
use eksray_rule::{Fetched, Gap};
use futures::{future::join_all, join};
use tokio::sync::OnceCell;

use super::{
    parse::{required, sorted, timestamp},
    place::Place,
    read::{Page, Parsed},
    region::Shared,
};

/// `logs:DescribeLogGroups` under `/aws/eks/`.
pub(crate) async fn log_groups(place: &Place) -> Result<Vec<LogGroup>, Gap> {
    let call = place.read("logs:DescribeLogGroups").all(
        |token| {
            let request = place.logs.describe_log_groups().log_group_name_prefix("/aws/eks/");
            request.limit(50).set_next_token(token).send()
        },
        |it| {
            let groups = it.log_groups.unwrap_or_default().into_iter();
            let items = groups.map(|it| {
                Ok(LogGroup {
                    log_group_name: required("logGroupName", it.log_group_name)?,
                    retention_in_days: it.retention_in_days.and_then(|it| u32::try_from(it).ok()),
                    kms_key_id: it.kms_key_id.filter(|it| !it.is_empty()),
                })
            });
            Ok(Page { items: items.collect::<Parsed<_>>()?, next: it.next_token })
        },
    );
    Ok(sorted(call.await?, |it| it.log_group_name.as_str()))
}

/// What was read of trails so far, by ARN: a trail of many Regions is shown by each, but read once.
pub(crate) type TrailsRead = Mutex<BTreeMap<String, Arc<OnceCell<TrailParts>>>>;

type TrailParts = (Fetched<TrailStatus>, Fetched<EventSelectors>);

/// `cloudtrail:DescribeTrails`, shadow trails included. Each is asked for in its home.
pub(crate) async fn trails(place: &Place, shared: &Shared) -> Result<Vec<Trail>, Gap> {
    let call = place.read("cloudtrail:DescribeTrails").once(
        || place.trails.describe_trails().include_shadow_trails(true).send(),
        |it| it.trail_list.unwrap_or_default().into_iter().map(trail).collect::<Parsed<Vec<_>>>(),
    );
    let trails = sorted(call.await?, |it| it.trail_arn.as_str());
    let whole = trails.into_iter().map(|mut trail| async move {
        let once = {
            let mut cells = shared.trails.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(cells.entry(trail.trail_arn.clone()).or_default())
        };
        let (home, arn) = (shared.place(&trail.home_region), trail.trail_arn.as_str());
        let parts = once.get_or_init(|| async {
            let (status, selectors) = join!(status(&home, arn), selectors(&home, arn));
            (status.into(), selectors.into())
        });
        (trail.status, trail.selectors) = parts.await.clone();
        trail
    });
    Ok(join_all(whole).await)
}

fn trail(it: types::Trail) -> Parsed<Trail> {
    Ok(Trail {
        trail_arn: required("TrailARN", it.trail_arn)?,
        home_region: required("HomeRegion", it.home_region)?,
        is_multi_region_trail: it.is_multi_region_trail.unwrap_or_default(),
        is_organization_trail: it.is_organization_trail.unwrap_or_default(),
        ..Trail::default()
    })
}

async fn status(home: &Place, arn: &str) -> Result<TrailStatus, Gap> {
    let call = home.read("cloudtrail:GetTrailStatus").once(
        || home.trails.get_trail_status().name(arn).send(),
        |it| {
            Ok(TrailStatus {
                is_logging: required("IsLogging", it.is_logging)?,
                latest_delivery_error: it.latest_delivery_error.filter(|it| !it.is_empty()),
                latest_delivery_time: timestamp(it.latest_delivery_time.as_ref()),
            })
        },
    );
    call.await
}

async fn selectors(home: &Place, arn: &str) -> Result<EventSelectors, Gap> {
    let call = home.read("cloudtrail:GetEventSelectors").once(
        || home.trails.get_event_selectors().trail_name(arn).send(),
        |it| {
            let basic = it.event_selectors.unwrap_or_default().into_iter().map(basic);
            let advanced = it.advanced_event_selectors.unwrap_or_default();
            Ok(EventSelectors {
                basic: basic.collect(),
                advanced: advanced.into_iter().map(advanced_selector).collect(),
            })
        },
    );
    call.await
}

/// Absent fields have the defaults of `EventSelector` in the API: all management events.
fn basic(it: types::EventSelector) -> EventSelector {
    EventSelector {
        read_write_type: it.read_write_type.as_ref().map_or("All", |it| it.as_str()).to_owned(),
        include_management_events: it.include_management_events.unwrap_or(true),
        exclude_management_event_sources: it.exclude_management_event_sources.unwrap_or_default(),
    }
}

fn advanced_selector(it: types::AdvancedEventSelector) -> AdvancedEventSelector {
    let mut fields: BTreeMap<String, BTreeMap<String, Vec<String>>> = BTreeMap::new();
    for it in it.field_selectors {
        let operators = [
            ("equals", it.equals),
            ("notEquals", it.not_equals),
            ("startsWith", it.starts_with),
            ("notStartsWith", it.not_starts_with),
            ("endsWith", it.ends_with),
            ("notEndsWith", it.not_ends_with),
        ];
        let field = fields.entry(it.field).or_default();
        for (operator, values) in operators {
            if let Some(values) = values.filter(|it| !it.is_empty()) {
                field.entry(operator.to_owned()).or_default().extend(values);
            }
        }
    }
    AdvancedEventSelector { fields }
}

/// `cloudtrail:ListEventDataStores`, each got.
pub(crate) async fn event_data_stores(place: &Place) -> Result<Vec<Fetched<EventDataStore>>, Gap> {
    let call = place.read("cloudtrail:ListEventDataStores").all(
        |token| {
            let request = place.trails.list_event_data_stores().max_results(100);
            request.set_next_token(token).send()
        },
        |it| {
            let stores = it.event_data_stores.unwrap_or_default().into_iter();
            let arns = stores.map(|it| required("EventDataStoreArn", it.event_data_store_arn));
            Ok(Page { items: arns.collect::<Parsed<_>>()?, next: it.next_token })
        },
    );
    let arns = sorted(call.await?, String::as_str);
    Ok(join_all(arns.iter().map(|it| async move { event_data_store(place, it).await.into() }))
        .await)
}

async fn event_data_store(place: &Place, arn: &str) -> Result<EventDataStore, Gap> {
    let call = place.read("cloudtrail:GetEventDataStore").once(
        || place.trails.get_event_data_store().event_data_store(arn).send(),
        |it| {
            let advanced = it.advanced_event_selectors.unwrap_or_default();
            Ok(EventDataStore {
                event_data_store_arn: arn.to_owned(),
                status: required("Status", it.status)?.as_str().to_owned(),
                multi_region_enabled: it.multi_region_enabled.unwrap_or_default(),
                advanced: advanced.into_iter().map(advanced_selector).collect(),
            })
        },
    );
    call.await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_basic_selector_records_all_management_events() {
        let it = basic(types::EventSelector::builder().build());
        assert!(it.include_management_events);
        assert_eq!(it.read_write_type, "All");
    }

    #[test]
    fn advanced_selectors_keep_every_operator() {
        let field = types::AdvancedFieldSelector::builder()
            .field("eventSource")
            .not_equals("kms.amazonaws.com")
            .starts_with("e")
            .build()
            .unwrap();
        let it = types::AdvancedEventSelector::builder().field_selectors(field).build().unwrap();
        let it = advanced_selector(it);
        assert_eq!(it.fields["eventSource"]["notEquals"], ["kms.amazonaws.com"]);
        assert_eq!(it.fields["eventSource"]["startsWith"], ["e"]);
        assert_eq!(it.fields["eventSource"].len(), 2);
    }
}
