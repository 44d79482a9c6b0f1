//! Between the generated types and the model, one module for each file of the contract.
//!
//! From the model outward is `From`; what comes in is `TryFrom` with a [`ConvertError`] that names the field. `model`
//! has types without a wire form of their own (a flow in a capture, say): they travel inside a case file.

mod aggregation;
mod audit;
mod collection;
pub mod device;
mod inspection;
mod local;
mod oversight;
mod randomness;

#[cfg(test)]
mod tests;

/// A message that does not say what the model needs.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("field `{field}`: {problem}")]
pub struct ConvertError {
    /// Path of the field, from the message that was converted.
    pub field: String,
    /// What was found and what was expected.
    pub problem: String,
}

impl ConvertError {
    /// An error about `field`.
    pub(crate) fn new(field: impl Into<String>, problem: impl ToString) -> Self {
        Self { field: field.into(), problem: problem.to_string() }
    }

    /// The same error as seen from the message that has the field `outer`.
    pub(crate) fn within(mut self, outer: &str) -> Self {
        self.field = format!("{outer}.{}", self.field);
        self
    }

    /// The same error as seen from the message that has the list `outer`.
    pub(crate) fn within_nth(mut self, outer: &str, index: usize) -> Self {
        self.field = format!("{outer}[{index}].{}", self.field);
        self
    }
}

/// The value of a message field that must be set, converted.
fn required<T, U>(value: Option<T>, field: &str) -> Result<U, ConvertError>
where
    U: TryFrom<T, Error = ConvertError>,
{
    let value = value.ok_or_else(|| ConvertError::new(field, "is not set"))?;
    U::try_from(value).map_err(|error| error.within(field))
}

/// Every element of a list, converted.
fn each<T, U>(values: Vec<T>, field: &str) -> Result<Vec<U>, ConvertError>
where
    U: TryFrom<T, Error = ConvertError>,
{
    let convert = |(index, value)| U::try_from(value).map_err(|error| error.within_nth(field, index));
    values.into_iter().enumerate().map(convert).collect()
}

/// A name that must be valid.
fn name<T: TryFrom<String, Error = model::IdError>>(text: String, field: &str) -> Result<T, ConvertError> {
    T::try_from(text).map_err(|error| ConvertError::new(field, error))
}

/// Every name of a list.
fn names<T: TryFrom<String, Error = model::IdError>>(texts: Vec<String>, field: &str) -> Result<Vec<T>, ConvertError> {
    let convert = |(index, text)| name(text, &format!("{field}[{index}]"));
    texts.into_iter().enumerate().map(convert).collect()
}
