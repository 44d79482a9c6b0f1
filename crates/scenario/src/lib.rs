//! The script language: files to typed scenarios, with diagnostics and a JSON Schema.
