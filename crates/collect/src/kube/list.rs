//! Lists page by page into the builder.

use std::collections::BTreeSet;

use bytes::Bytes;
use eksray_kube::{
    decode::{Builder, Malformed, envelope},
    resource::{Resource, Slot},
};
use eksray_rule::{Gap, Reason};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use tokio::sync::oneshot;

use super::{
    custom::CustomKind,
    desk::Desk,
    discovery,
    request::{Failure, Part, Server},
};

/// Objects of one page. The server bounds the memory and the time of a request by it, and so do we.
const PAGE: u32 = 500;

/// Of ConfigMaps, which are up to 1 MiB each.
const LARGE_PAGE: u32 = 50;

/// What is listed.
#[derive(Clone, Debug)]
pub(super) enum Listing {
    /// A built-in resource.
    BuiltIn(&'static Resource),
    /// A kind that some add-on defines.
    Custom(CustomKind),
}

/// A page that is being decoded.
type Decoding = oneshot::Receiver<Result<(), Malformed>>;

/// Reads a whole list. Its end, good or bad, is known to the builder afterwards.
pub(super) async fn list(server: &Server, desk: &Desk, listing: &Listing) {
    let mut result = pages(server, desk, listing).await;
    if matches!(result, Err(Failure::Expired)) {
        restart(desk, listing).await;
        result = pages(server, desk, listing).await;
    }
    if let Err(Failure::NotFound(_)) = result
        && discovery::is_absent(server, listing).await
    {
        restart(desk, listing).await;
        let empty = Bytes::from_static(br#"{"items":[]}"#);
        result = decoded(decode(desk, listing, empty).await).await;
    }
    if let Err(failure) = result {
        let gap = failure.gap(&listing.permission());
        let listing = listing.clone();
        desk.run(move |builder| listing.gap(builder, gap)).await;
    }
}

async fn restart(desk: &Desk, listing: &Listing) {
    let listing = listing.clone();
    desk.run(move |builder| listing.restart(builder)).await;
}

/// Asks for page after page; while one travels, the one before is decoded.
async fn pages(server: &Server, desk: &Desk, listing: &Listing) -> Result<(), Failure> {
    let call = listing.permission();
    let first = format!("{}?limit={}", listing.path(), listing.limit());
    let mut path = first.clone();
    let mut tokens = BTreeSet::new();
    let mut decoding: Option<Decoding> = None;
    loop {
        let page = server.get(&call, &path, listing.part()).await;
        if let Some(before) = decoding.take() {
            decoded(before).await?;
        }
        let page = page?;
        let envelope = envelope(&page);
        if !listing.is_list(&envelope.kind) {
            return Err(Failure::malformed("no list of this kind"));
        }
        let now = decode(desk, listing, page).await;
        let Some(token) = envelope.next else { return decoded(now).await };
        decoding = Some(now);
        let encoded = utf8_percent_encode(&token, NON_ALPHANUMERIC);
        path = format!("{first}&continue={encoded}");
        if !tokens.insert(token) {
            return Err(Failure::malformed("a continue token that repeats"));
        }
    }
}

async fn decode(desk: &Desk, listing: &Listing, page: Bytes) -> Decoding {
    let listing = listing.clone();
    desk.run(move |builder| listing.page(builder, &page)).await
}

async fn decoded(decoding: Decoding) -> Result<(), Failure> {
    match decoding.await {
        Ok(result) => result.map_err(|it| Failure::malformed(&it.to_string())),
        Err(_) => Err(Failure::Other(Reason::Malformed, "decoding stopped".to_owned())),
    }
}

impl Listing {
    /// As in the URL.
    pub(super) fn plural(&self) -> &str {
        match self {
            Self::BuiltIn(it) => it.plural,
            Self::Custom(it) => &it.plural,
        }
    }

    /// API group and version.
    pub(super) fn group(&self) -> (&str, &str) {
        match self {
            Self::BuiltIn(it) => (it.group, it.version),
            Self::Custom(it) => (&it.group, &it.version),
        }
    }

    /// Whether further kinds follow from its objects.
    pub(super) fn defines_kinds(&self) -> bool {
        matches!(self, Self::BuiltIn(it) if it.slot == Slot::CustomResourceDefinitions)
    }

    fn limit(&self) -> u32 {
        match self {
            Self::BuiltIn(it) if it.slot == Slot::ConfigMaps => LARGE_PAGE,
            _ => PAGE,
        }
    }

    fn path(&self) -> String {
        match self {
            Self::BuiltIn(it) => it.path(),
            Self::Custom(it) => format!("/apis/{}/{}", it.api_version(), it.plural),
        }
    }

    fn permission(&self) -> String {
        match self {
            Self::BuiltIn(it) => it.permission(),
            Self::Custom(it) => format!("list {}.{}", it.plural, it.group),
        }
    }

    fn part(&self) -> Part {
        match self {
            Self::BuiltIn(_) => Part::Whole,
            Self::Custom(it) => it.part,
        }
    }

    /// Whether an answer of this kind is the list. Definitions may name the lists of their kind freely.
    fn is_list(&self, kind: &str) -> bool {
        match self {
            Self::BuiltIn(it) => kind.strip_suffix("List") == Some(it.kind),
            Self::Custom(_) => kind.ends_with("List"),
        }
    }

    fn page(&self, builder: &mut Builder, bytes: &[u8]) -> Result<(), Malformed> {
        match self {
            Self::BuiltIn(it) => builder.page(it, bytes),
            Self::Custom(it) => builder.custom_page(it.list, &it.api_version(), &it.kind, bytes),
        }
    }

    fn restart(&self, builder: &mut Builder) {
        match self {
            Self::BuiltIn(it) => builder.restart(it),
            Self::Custom(it) => builder.custom_restart(it.list, &it.api_version(), &it.kind),
        }
    }

    fn gap(&self, builder: &mut Builder, gap: Gap) {
        match self {
            Self::BuiltIn(it) => builder.gap(it, gap),
            Self::Custom(it) => builder.custom_gap(it.list, gap),
        }
    }
}
