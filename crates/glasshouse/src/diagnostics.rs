//! Mistakes in scenario files, shown with the line, the marked span and the likely fix.

use std::io;

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet, renderer::DecorStyle};
use anstream::{AutoStream, ColorChoice};
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
    let [message, label, text] = [&diagnostic.message, &diagnostic.label, &source.text].map(|text| harmless(text));
    let help = diagnostic.help.as_deref().map(harmless);
    let mark = AnnotationKind::Primary.span(diagnostic.span.clone()).label((!label.is_empty()).then_some(&*label));
    let snippet = Snippet::source(&*text).path(&*source.name).annotation(mark);
    let shown = Level::ERROR.primary_title(&*message).element(snippet);
    let shown = shown.elements(help.as_deref().map(|help| Level::HELP.message(help)));
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
    let renderer = renderer.term_width(output::width(&io::stderr())).decor_style(DecorStyle::Unicode);
    renderer.render(&[shown]) + "\n\n"
}
