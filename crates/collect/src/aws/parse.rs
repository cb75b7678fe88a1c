//! Small conversions from what AWS sends to what the inventory holds.

use std::{collections::HashMap, str::FromStr};

use aws_smithy_types::DateTime;
use eksray_aws::inventory::Tags;
use ipnet::IpNet;
use jiff::{SignedDuration, Timestamp};

use super::read::Parsed;

/// A range or address. One that does not parse is never dropped: what it opens would be missed.
pub(crate) fn parsed<T: FromStr>(text: &str) -> Parsed<T> {
    text.trim().parse().map_err(|_| format!("`{text}` does not parse"))
}

/// See [`parsed`]; absent stays absent.
pub(crate) fn optional<T: FromStr>(text: Option<&str>) -> Parsed<Option<T>> {
    text.filter(|it| !it.is_empty()).map(parsed).transpose()
}

/// See [`parsed`].
pub(crate) fn ranges<'a>(texts: impl IntoIterator<Item = &'a str>) -> Parsed<Vec<IpNet>> {
    texts.into_iter().map(parsed).collect()
}

/// A field that every answer has.
pub(crate) fn required<T>(field: &str, value: Option<T>) -> Parsed<T> {
    value.ok_or_else(|| format!("no {field} in the answer"))
}

pub(crate) fn timestamp(time: Option<&DateTime>) -> Option<Timestamp> {
    let time = time?;
    Timestamp::new(time.secs(), i32::try_from(time.subsec_nanos()).ok()?).ok()
}

/// A time as JSON answers write it: seconds since 1970.
pub(crate) fn seconds(time: f64) -> Option<Timestamp> {
    Timestamp::from_duration(SignedDuration::try_from_secs_f64(time).ok()?).ok()
}

pub(crate) fn tags(map: Option<HashMap<String, String>>) -> Tags {
    map.unwrap_or_default().into_iter().collect()
}

/// The same items in an order that does not depend on the answer.
pub(crate) fn sorted<T, K: Ord + ?Sized>(mut items: Vec<T>, key: impl Fn(&T) -> &K) -> Vec<T> {
    items.sort_by(|a, b| key(a).cmp(key(b)));
    items
}
