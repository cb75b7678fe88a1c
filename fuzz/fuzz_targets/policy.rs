//! Any bytes as a policy: `cargo +nightly fuzz run policy`. The body is what the normal tests run too.
#![no_main]

#[path = "../../crates/aws/tests/iam/anything.rs"]
mod anything;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| anything::judge(bytes));
