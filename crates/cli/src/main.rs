//! eksray.

fn main() {}
