//! What it costs to peel flows and to look for canaries in them, against passes of Aho–Corasick over the same bytes.

#![allow(clippy::print_stdout, reason = "a benchmark prints its ratios")]

mod decoding;
mod traffic;

use std::{
    collections::BTreeMap,
    hint::black_box,
    time::{Duration, Instant},
};

use aho_corasick::AhoCorasick;
use auditor::{peel::Peeler, search::Search};
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use traffic::{Encoding, Upload};

const CANARIES: usize = 10_000;

/// Each way is timed so often, one after another; the best times count, for whatever else runs only slows one down.
const TIMES: usize = 25;

/// One round of uploads, in every form.
fn peel(c: &mut Criterion) {
    let uploads = traffic::uploads(1, &traffic::canaries(100));
    let mut peeler = Peeler::default();
    let yielded: usize = uploads.iter().map(|upload| peeler.peel_body(&upload.body).bytes().len()).sum();
    let mut group = c.benchmark_group("peel");
    group.throughput(Throughput::Bytes(yielded as u64));
    group.bench_function("uploads", |b| {
        b.iter(|| black_box(&uploads).iter().map(|upload| peel_one(upload, &mut peeler)).sum::<usize>());
    });
    group.bench_function("uploads, and every leaf", |b| {
        let leaves = |upload: &Upload| {
            Peeler::default().peel_body(&upload.body).leaves().map(|leaf| leaf.place().len()).sum::<usize>()
        };
        b.iter(|| black_box(&uploads).iter().map(leaves).sum::<usize>());
    });
    group.finish();
}

/// Looking for 10 000 canaries in what was peeled already.
fn search(c: &mut Criterion) {
    let tokens = traffic::canaries(CANARIES);
    let Ok(search) = Search::new(&tokens) else { return };
    let none = traffic::uploads(1, &[]);
    let some = traffic::uploads(1, &tokens);
    let mut group = c.benchmark_group("search");
    for (name, uploads) in [("nothing to find", none), ("some canaries", some)] {
        let peeled: Vec<_> = uploads.iter().map(|upload| Peeler::default().peel_body(&upload.body)).collect();
        group.throughput(Throughput::Bytes(peeled.iter().map(|peeled| peeled.bytes().len() as u64).sum()));
        group.bench_function(name, |b| {
            b.iter(|| black_box(&peeled).iter().map(|peeled| search.sight(peeled).len()).sum::<usize>());
        });
    }
    group.finish();
    c.bench_function("search/build for 10000 canaries", |b| {
        b.iter_batched(|| &tokens, |tokens| Search::new(tokens), BatchSize::SmallInput);
    });
}

fn peel_one(upload: &Upload, peeler: &mut Peeler) -> usize {
    let peeled = peeler.peel_body(&upload.body);
    let yielded = peeled.bytes().len();
    peeler.recycle(peeled);
    yielded
}

fn peel_and_search(upload: &Upload, peeler: &mut Peeler, search: &Search) -> usize {
    let peeled = peeler.peel_body(&upload.body);
    let seen = search.sight(&peeled).len();
    peeler.recycle(peeled);
    seen
}

/// A way to go over one of several parts, by its number.
type Way<'a> = Box<dyn FnMut(usize) -> usize + 'a>;

/// Ways to go over parts one after another, each with its best time for each part: a part is so short that on a machine
/// which does other things too, some time it is not interrupted.
struct Ways<'a> {
    ways: Vec<(Way<'a>, Vec<Duration>)>,
}

impl<'a> Ways<'a> {
    fn of<const N: usize>(parts: usize, ways: [Way<'a>; N]) -> Self {
        Self { ways: ways.into_iter().map(|way| (way, vec![Duration::MAX; parts])).collect() }
    }

    /// Bytes, in billions a second: `bytes[i]` are gone over by way `i`.
    fn rates<const N: usize>(mut self, bytes: [usize; N]) -> [f64; N] {
        for _ in 0..TIMES {
            for (way, best) in &mut self.ways {
                (0..best.len()).for_each(|part| _ = black_box(way(part))); // for the caches
                for (part, best) in best.iter_mut().enumerate() {
                    let start = Instant::now();
                    black_box(way(part));
                    *best = start.elapsed().min(*best);
                }
            }
        }
        let times: Vec<Duration> = self.ways.into_iter().map(|(_, best)| best.iter().sum()).collect();
        std::array::from_fn(|way| giga(bytes[way]) / times[way].as_secs_f64())
    }
}

fn giga(bytes: usize) -> f64 {
    u32::try_from(bytes).map_or(f64::NAN, f64::from) / 1e9
}

/// What the memory yields at best: eight sums side by side over more than any cache holds.
fn read_memory(words: &[[u64; 8]]) -> usize {
    let sums = words.iter().fold([0_u64; 8], |mut sums, words| {
        sums.iter_mut().zip(words).for_each(|(sum, word)| *sum = sum.wrapping_add(*word));
        sums
    });
    usize::try_from(sums.iter().fold(0, |all, sum| all ^ sum) & 0xff).unwrap_or_default()
}

/// The automata that the search and the peel are measured by.
struct Automata {
    /// Finds what the search finds: every place, whatever the case of letters.
    same: AhoCorasick,
    /// What the crate makes of canaries when nothing else is asked for; read without overlaps. It misses what was
    /// written in capital letters.
    plain: AhoCorasick,
}

impl Automata {
    fn of(tokens: &[String]) -> Option<Self> {
        let same = AhoCorasick::builder().ascii_case_insensitive(true).build(tokens).ok()?;
        Some(Self { same, plain: AhoCorasick::new(tokens).ok()? })
    }

    fn same<'a>(&'a self, parts: &'a [Vec<u8>]) -> Way<'a> {
        Box::new(move |part| self.same.find_overlapping_iter(&parts[part]).count())
    }

    fn plain<'a>(&'a self, parts: &'a [Vec<u8>]) -> Way<'a> {
        Box::new(move |part| self.plain.find_iter(&parts[part]).count())
    }
}

fn against_aho_corasick(_: &mut Criterion) {
    let tokens = traffic::canaries(CANARIES);
    let (Ok(search), Some(automata)) = (Search::new(&tokens), Automata::of(&tokens)) else { return };
    let length = tokens.iter().map(String::len).min().unwrap_or_default();
    println!("{} canaries of {length} characters; Aho-Corasick as {:?}", tokens.len(), automata.same.kind());
    plain_bytes(&search, &automata, &tokens);
    what_peeling_yields(&search, &automata, &tokens);
}

/// The search alone, in JSON as it is.
fn plain_bytes(search: &Search, automata: &Automata, tokens: &[String]) {
    let uploads = traffic::uploads(60, tokens);
    let json = uploads.into_iter().filter(|upload| upload.encoding == Encoding::Json);
    let text = [json.flat_map(|upload| upload.body).collect::<Vec<u8>>()];
    let memory = vec![[1_u64; 8]; 1 << 20];
    let places = search.places(&text[0]).len();
    assert_eq!(places, automata.same.find_overlapping_iter(&text[0]).count(), "both find the same");
    let ways: [Way<'_>; 4] = [
        Box::new(|_| search.places(&text[0]).len()),
        automata.same(&text),
        automata.plain(&text),
        Box::new(|_| read_memory(&memory)),
    ];
    let bytes = text[0].len();
    let [own, same, plain, memory] = Ways::of(1, ways).rates([bytes, bytes, bytes, memory.len() * 64]);
    println!("plain bytes: {:.1} MB with {places} canaries", giga(bytes) * 1e3);
    println!("  Aho-Corasick, every place in any case: {same:.3} GB/s; as it comes: {plain:.3} GB/s");
    let (to_same, to_plain, to_memory) = (own / same, own / plain, own / memory);
    println!("  search: {own:.2} GB/s, {to_same:.1} times that pass, {to_plain:.1} times the one as it comes");
    println!("  reading memory: {memory:.1} GB/s; the search reaches {to_memory:.2} of it");
}

/// The peel and the search together, for each byte that peeling yields: both sides go over the same bytes.
fn what_peeling_yields(search: &Search, automata: &Automata, tokens: &[String]) {
    let uploads = traffic::uploads(16, tokens);
    let mut yielded = Vec::new();
    let mut of_forms = BTreeMap::new();
    let (mut views, mut seen) = (0, 0);
    for upload in &uploads {
        let peeled = Peeler::default().peel_body(&upload.body);
        yielded.push(peeled.bytes().to_vec());
        *of_forms.entry(upload.encoding.form()).or_insert(0) += peeled.bytes().len();
        views += peeled.views().map(|view| view.content().len()).sum::<usize>();
        seen += search.sight(&peeled).len();
    }
    let [bodies, all] = [uploads.iter().map(|upload| upload.body.len()).sum(), yielded.iter().map(Vec::len).sum()];
    let (mut one, mut other) = (Peeler::default(), Peeler::default());
    let ways: [Way<'_>; 5] = [
        automata.same(&yielded),
        automata.plain(&yielded),
        Box::new(|upload| decoding::tokens(&uploads[upload])),
        Box::new(|upload| peel_one(&uploads[upload], &mut one)),
        Box::new(|upload| peel_and_search(&uploads[upload], &mut other, search)),
    ];
    let [same, plain, decoded, peeled, both] = Ways::of(uploads.len(), ways).rates([all; 5]);
    let [bodies, all, views] = [bodies, all, views].map(|bytes| giga(bytes) * 1e3);
    println!("traffic: {bodies:.2} MB in {} bodies with {seen} canaries", uploads.len());
    let shares: Vec<String> =
        of_forms.iter().map(|(form, bytes)| format!("{form} {:.1} %", giga(*bytes) * 1e5 / all)).collect();
    println!("  yields {all:.2} MB: {}; all views together have {views:.2} MB", shares.join(", "));
    println!("  Aho-Corasick, every place in any case: {same:.3} GB/s; as it comes: {plain:.3} GB/s");
    println!("  decoders alone that are told each form: {decoded:.3} GB/s; peel: {peeled:.3} GB/s");
    let (to_same, to_plain, often) = (both / same, both / plain, views / all);
    println!(
        "  peel and search: {both:.3} GB/s, {to_same:.2} times that pass, {to_plain:.2} times the one as it comes"
    );
    println!("  with all views together: {:.2} and {:.2} times", to_same * often, to_plain * often);
}

criterion_group!(benches, peel, search, against_aho_corasick);
criterion_main!(benches);
