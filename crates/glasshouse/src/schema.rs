//! `schema`: the JSON Schemas of what goes in and what comes out.

use crate::{Outcome, arguments::SchemaArguments, output};

pub(crate) fn schema(arguments: &SchemaArguments) -> anyhow::Result<Outcome> {
    let schema = if arguments.output { render::output_schema() } else { scenario::schema() };
    output::say(&(serde_json::to_string_pretty(&schema)? + "\n"))?;
    Ok(Outcome::Held)
}
