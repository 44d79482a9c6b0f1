//! What a client says about itself, checked: its product, its versions, what it declares.

use model::{Country, Declaration, DeclaredField, Endpoint, Host, ProductId, Region, RegionId, Setting, Version};
use protocol::{convert::device as convert, v1};

use super::ExamineError;

/// Most versions, endpoints, fields, activities or controls that a client may name.
pub(super) const NAMED_MAX: usize = 256;

/// A client that described itself.
#[derive(Debug, Clone)]
pub(super) struct Described {
    pub(super) product: ProductId,
    pub(super) versions: Vec<Version>,
    pub(super) wall_clock: bool,
    pub(super) nondeterministic: bool,
    /// Names of what it can do; empty where it does not say.
    pub(super) activities: Vec<String>,
    pub(super) regions: Vec<Region>,
    pub(super) endpoints: Vec<Endpoint>,
    pub(super) declaration: Option<Declaration>,
    pub(super) settings: Vec<Setting>,
}

impl Described {
    pub(super) fn read(said: v1::DescribeResponse) -> Result<Self, ExamineError> {
        let wrong = |field: &str, problem: String| ExamineError::Contract { field: field.to_owned(), problem };
        let clock = v1::Clock::try_from(said.clock).unwrap_or(v1::Clock::Unspecified);
        if clock == v1::Clock::Unspecified {
            return Err(wrong("clock", format!("{} is neither virtual nor wall", said.clock)));
        }
        for (field, count) in [
            ("versions", said.versions.len()),
            ("activities", said.activities.len()),
            ("endpoints", said.endpoints.len()),
            ("fields", said.fields.len()),
            ("settings", said.settings.len()),
        ] {
            if count > NAMED_MAX {
                return Err(wrong(field, format!("{count} entries, expected at most {NAMED_MAX}")));
            }
        }
        let product = said.product.parse().map_err(|error: model::IdError| wrong("product", error.to_string()))?;
        let version = |(index, version): (usize, String)| {
            Version::new(version).map_err(|error| wrong(&format!("versions[{index}]"), error.to_string()))
        };
        let versions: Vec<Version> = said.versions.into_iter().enumerate().map(version).collect::<Result<_, _>>()?;
        if versions.is_empty() {
            return Err(wrong("versions", "is empty, expected at least one version".to_owned()));
        }
        let (regions, endpoints) = places(said.endpoints)?;
        Ok(Self {
            product,
            versions,
            wall_clock: clock == v1::Clock::Wall,
            // On the wall's clock no two runs are alike to the millisecond.
            nondeterministic: said.nondeterministic || clock == v1::Clock::Wall,
            activities: said.activities.iter().map(|name| name.replace('-', "_").to_ascii_lowercase()).collect(),
            regions,
            endpoints,
            declaration: declaration(said.fields)?,
            settings: settings(said.settings)?,
        })
    }

    /// Whether the client says that it has the activity.
    pub(super) fn has(&self, activity: &str) -> bool {
        self.activities.is_empty() || self.activities.iter().any(|known| known == activity)
    }
}

/// Each country where something is served is a region.
fn places(declared: Vec<v1::DeclaredEndpoint>) -> Result<(Vec<Region>, Vec<Endpoint>), ExamineError> {
    let mut regions: Vec<Region> = Vec::new();
    let mut endpoints: Vec<Endpoint> = Vec::new();
    for (index, endpoint) in declared.into_iter().enumerate() {
        let (host, country): (Host, Country) = convert::endpoint(endpoint).map_err(|error| ExamineError::Contract {
            field: format!("endpoints[{index}].{}", error.field),
            problem: error.problem,
        })?;
        if endpoints.iter().any(|known| known.host == host) {
            continue;
        }
        let id = RegionId::new(country.as_str().to_ascii_lowercase())
            .map_err(|error| ExamineError::Contract { field: "served_in".to_owned(), problem: error.to_string() })?;
        if !regions.iter().any(|known| known.id == id) {
            regions.push(Region { id: id.clone(), country });
        }
        endpoints.push(Endpoint { host, region: id, registered_in: country, declared: true, source: None });
    }
    Ok((regions, endpoints))
}

fn settings(shown: Vec<v1::ShownSetting>) -> Result<Vec<Setting>, ExamineError> {
    let setting = |(index, v1::ShownSetting { name, values })| {
        if values.is_empty() || values.len() > NAMED_MAX {
            let problem = format!("{} values, expected 1 to {NAMED_MAX}", values.len());
            return Err(ExamineError::Contract { field: format!("settings[{index}].values"), problem });
        }
        Ok(Setting { name, values })
    };
    shown.into_iter().enumerate().map(setting).collect()
}

fn declaration(fields: Vec<v1::DeclaredField>) -> Result<Option<Declaration>, ExamineError> {
    let field = |(index, field): (usize, v1::DeclaredField)| {
        DeclaredField::try_from(field).map_err(|error| ExamineError::Contract {
            field: format!("fields[{index}].{}", error.field),
            problem: error.problem,
        })
    };
    let fields: Vec<DeclaredField> = fields.into_iter().enumerate().map(field).collect::<Result<_, _>>()?;
    Ok((!fields.is_empty()).then(|| Declaration { fields, logged: Vec::new() }))
}
