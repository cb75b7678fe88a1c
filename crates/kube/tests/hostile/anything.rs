//! Any bytes as a page of every list, and what comes of them judged; the fuzz target runs it too.

use eksray_kube::{
    decode::{Builder, CUSTOM_LISTS, envelope},
    inspect,
    resource::ALL,
};
use eksray_rule::{ClusterId, Settings};
use jiff::Timestamp;

/// Neither reading nor judging may panic.
pub(crate) fn judge(bytes: &[u8]) {
    envelope(bytes);
    let mut builder = Builder::default();
    let mut read = 0;
    for resource in ALL {
        read += usize::from(builder.page(resource, bytes).is_ok());
    }
    for list in CUSTOM_LISTS {
        read += usize::from(builder.custom_page(*list, "a.io/v1", "A", bytes).is_ok());
    }
    if 0 < read {
        let settings = Settings::default();
        inspect(&ClusterId("kube:x".to_owned()), &builder.finish(), Timestamp::UNIX_EPOCH, |_| {
            &settings
        });
    }
}
