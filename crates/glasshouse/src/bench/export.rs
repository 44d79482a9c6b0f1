//! Reports as files of little-endian numbers, one for each column.

use std::{
    fs::{self, File},
    io::{BufWriter, Write},
    path::Path,
};

use anyhow::Context;
use world::bench::Input;

/// Writes `device.u64`, `region.u8`, `kind.u8`, `site.u32` and `value.i64` into `directory`.
pub(super) fn export(directory: &Path, input: &Input) -> anyhow::Result<()> {
    fs::create_dir_all(directory).with_context(|| format!("cannot make {}", directory.display()))?;
    column(directory, "device.u64", input.devices.iter().map(|word| word.to_le_bytes()))?;
    column(directory, "region.u8", input.regions.iter().map(|word| word.to_le_bytes()))?;
    column(directory, "kind.u8", input.kinds.iter().map(|word| word.to_le_bytes()))?;
    column(directory, "site.u32", input.sites.iter().map(|word| word.to_le_bytes()))?;
    column(directory, "value.i64", input.values.iter().map(|word| word.to_le_bytes()))
}

fn column<const N: usize>(
    directory: &Path,
    name: &str,
    mut words: impl Iterator<Item = [u8; N]>,
) -> anyhow::Result<()> {
    let path = directory.join(name);
    let write = || -> std::io::Result<()> {
        let mut file = BufWriter::new(File::create(&path)?);
        words.try_for_each(|word| file.write_all(&word))?;
        file.flush()
    };
    let mut write = write;
    write().with_context(|| format!("cannot write {}", path.display()))
}
