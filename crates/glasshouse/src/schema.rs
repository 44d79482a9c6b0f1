//! `schema`: the JSON Schemas of what goes in and what comes out.

use crate::{Outcome, arguments::SchemaArguments, output};

pub(crate) fn schema(arguments: &SchemaArguments) -> anyhow::Result<Outcome> {
    let schema = match arguments {
        SchemaArguments { output: true, .. } => render::output_schema(),
        SchemaArguments { zoo: true, .. } => render::zoo::zoo_schema(),
        SchemaArguments { notebook: true, .. } => scenario::notebook_schema(),
        _ => scenario::schema(),
    };
    output::say(&(serde_json::to_string_pretty(&schema)? + "\n"))?;
    Ok(Outcome::Held)
}
