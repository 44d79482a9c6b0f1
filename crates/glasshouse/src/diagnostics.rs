//! Mistakes in scenario files, shown with the line, the marked span and the likely fix.

use std::io;

use anstream::{AutoStream, ColorChoice};
use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteDiagnostic, NamedSource, Report};
use scenario::Diagnostic;

use crate::{
    output::{self, harmless},
    sources::{Mistake, Source},
};

/// Shows every mistake on standard error.
pub(crate) fn show(mistakes: &[Mistake]) {
    let colour = AutoStream::choice(&io::stderr()) != ColorChoice::Never;
    output::complain(&mistakes.iter().map(|mistake| text(mistake, colour)).collect::<String>());
}

fn text(mistake: &Mistake, colour: bool) -> String {
    match mistake {
        Mistake::Unreadable { name, reason } => format!("error: cannot read {name}: {reason}\n"),
        Mistake::Invalid { source, diagnostics } => {
            diagnostics.iter().map(|diagnostic| marked(source, diagnostic, colour)).collect()
        }
    }
}

fn marked(source: &Source, diagnostic: &Diagnostic, colour: bool) -> String {
    let label = (!diagnostic.label.is_empty()).then(|| harmless(&diagnostic.label));
    let mut told = MietteDiagnostic::new(harmless(&diagnostic.message))
        .with_label(LabeledSpan::new_with_span(label, diagnostic.span.clone()));
    told.help = diagnostic.help.as_deref().map(harmless);
    let report = Report::new(told).with_source_code(NamedSource::new(&source.name, harmless(&source.text)));
    let theme = if colour { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
    let mut shown = String::new();
    let handler = GraphicalReportHandler::new_themed(theme).with_width(output::width(&io::stderr())).with_links(false);
    match handler.render_report(&mut shown, report.as_ref()) {
        Ok(()) => shown + "\n",
        // The marked form is a comfort; the plain form says the same.
        Err(_) => harmless(&format!("{diagnostic}\n")),
    }
}
