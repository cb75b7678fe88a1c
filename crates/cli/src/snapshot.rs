//! Snapshots on disk: written so that nobody else reads them, read so that nothing is taken on trust.

use std::{
    fs,
    io::{self, Write as _},
    path::Path,
};

use eksray_kube::inventory::Kube;
use eksray_report::{SCHEMA, Snapshot};
use serde::Deserialize;

use crate::Stop;

/// `scan --save` of the careless seed of the local EKS; a test notices when it is stale.
const DEMO: &[u8] = include_bytes!("../data/demo.json");

/// The embedded snapshot.
pub(crate) fn demo() -> Result<Snapshot, Stop> {
    parse(DEMO).map_err(|error| Stop::Usage(format!("the embedded snapshot: {error}")))
}

/// A snapshot that `--save` wrote.
pub(crate) fn load(path: &Path) -> Result<Snapshot, Stop> {
    let named = |error: String| Stop::Usage(format!("snapshot {}: {error}", path.display()));
    let bytes = fs::read(path).map_err(|error| named(error.to_string()))?;
    parse(&bytes).map_err(named)
}

fn parse(bytes: &[u8]) -> Result<Snapshot, String> {
    #[derive(Deserialize)]
    struct Head {
        schema: u32,
    }
    let head: Head = serde_json::from_slice(bytes)
        .map_err(|error| format!("not a snapshot of eksray: {error}"))?;
    if head.schema != SCHEMA {
        return Err(format!(
            "schema {} is not the schema {SCHEMA} of this version; take it again with `eksray scan --save`",
            head.schema
        ));
    }
    let mut snapshot: Snapshot =
        serde_json::from_slice(bytes).map_err(|error| format!("malformed: {error}"))?;
    // Whoever edited it may have changed the order.
    snapshot.kubes.values_mut().filter_map(|it| it.known_mut().ok()).for_each(Kube::sort);
    Ok(snapshot)
}

/// Writes a snapshot, readable by its owner alone.
pub(crate) fn save(snapshot: &Snapshot, path: &Path) -> Result<(), Stop> {
    let mut bytes = serde_json::to_vec(snapshot)
        .map_err(|error| Stop::Start(format!("cannot write the snapshot: {error}")))?;
    bytes.push(b'\n');
    write(path, &bytes)
}

/// Writes a file whole or not at all: a new file in the same folder, renamed at the end.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), Stop> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let attempt = || -> io::Result<()> {
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        file.persist(path)?;
        Ok(())
    };
    attempt().map_err(|error| Stop::Start(format!("cannot write {}: {error}", path.display())))
}
