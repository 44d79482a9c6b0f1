//! Two regions' collectors that verify shares through the generated clients, in process.

mod stage;

use collector::Config;
use encoding::prio3::{Buckets, Measuring, Nonce, Sharded, shared};
use model::{Duration, Mechanism, Party, Query, QueryId, RegionId, Report, ReportBatch, Seed, Timestamp, Window};
use protocol::{
    metadata::MAIN_ROOM,
    status::reason,
    v1::{self, verification_service_client::VerificationServiceClient},
};
use services::{Clock, CollectionApi};
use stage::{config, driver, noon, token};
use tonic::{Code, Request, Status};

const REPORTS: u64 = 300; // more than one turn

fn query() -> Query {
    Query {
        id: QueryId::new("pages").expect("a name"),
        events: vec!["page".to_owned()],
        group_by: vec!["site".to_owned()],
        measure: model::Measure::Count,
        window: Duration::DAY,
        regions: ["sg", "de"].map(|name| RegionId::new(name).expect("a name")).to_vec(),
        mechanism: Mechanism::Prio3 { epsilon: "1".parse().expect("a ratio"), reports_per_device_max: 1000 },
        domain: [("site".to_owned(), vec!["a".to_owned(), "b".to_owned()])].into(),
    }
}

fn server(region: &str, clock: Clock) -> CollectionApi {
    let region = RegionId::new(region).expect("a name");
    CollectionApi::new(Config { region, queries: vec![query()], ..config() }, clock).expect("a collector")
}

fn servers() -> [CollectionApi; 2] {
    ["sg", "de"].map(|region| server(region, Clock::Scenario { credential: token("the-driver-of-the-world") }))
}

fn split(number: u64) -> (Report, Nonce, Sharded) {
    let report = Report {
        event: "page".to_owned(),
        time: noon(),
        device: None,
        fields: [("site".to_owned(), "b".into())].into(),
    };
    let query = query();
    let measuring = Measuring::new(Buckets::new(&query.group_by, &query.domain), None);
    let mut random = Seed::root(5).nth(number).stream();
    let (nonce, shares) = measuring.split(&report, "pages", query.window, &mut random).expect("an answer");
    (report, nonce, shares)
}

fn fill(servers: &[CollectionApi; 2]) {
    for (api, party) in servers.iter().zip([Party::Leader, Party::Helper]) {
        let half = |number| {
            let (report, nonce, shares) = split(number);
            shared(report, nonce, &shares, party)
        };
        let batch = ReportBatch { id: "b1".to_owned(), reports: (0..REPORTS).map(half).collect() };
        let admitted = api.with_collector(MAIN_ROOM, |collector| collector.admit(batch, noon()));
        assert_eq!(admitted.expect("is open").expect("taken").admitted, REPORTS);
    }
}

fn closed() -> Timestamp {
    Window::holding(noon(), Duration::DAY).end.after(config().limits.grace)
}

fn window() -> v1::SealedWindow {
    v1::SealedWindow { query: "pages".to_owned(), window: Some(Window::holding(noon(), Duration::DAY).into()) }
}

async fn lead(api: &CollectionApi, message: v1::LeadRequest, now: Timestamp) -> Result<v1::LeadResponse, Status> {
    let mut client = VerificationServiceClient::new(api.verification_service());
    Ok(client.lead(driver().request(message, now)).await?.into_inner())
}

async fn help(api: &CollectionApi, message: v1::HelpRequest, now: Timestamp) -> Result<v1::HelpResponse, Status> {
    let mut client = VerificationServiceClient::new(api.verification_service());
    Ok(client.help(driver().request(message, now)).await?.into_inner())
}

#[tokio::test]
async fn two_regions_verify_every_report_in_turns() {
    let [leader, helper] = servers();
    fill(&[leader.clone(), helper.clone()]);
    let (mut next, mut turns) = (v1::LeadRequest::default(), 0);
    loop {
        let said = lead(&leader, std::mem::take(&mut next), closed()).await.expect("a turn");
        let Some(window) = said.window else { break };
        assert_eq!(said.helper, "de");
        turns += 1;
        let is_last = said.offers.is_empty();
        let turn = v1::HelpRequest { window: Some(window.clone()), verdicts: said.verdicts, offers: said.offers };
        let answer = help(&helper, turn, closed()).await.expect("an answer");
        if is_last {
            assert_eq!([said.tally, answer.tally].map(|tally| tally.expect("a tally").counted), [REPORTS; 2]);
        } else {
            next = v1::LeadRequest { window: Some(window), answers: answer.answers };
        }
    }
    assert_eq!(turns, 3, "two turns of reports, and one of verdicts alone");
    for (api, party) in [(leader, Party::Leader), (helper, Party::Helper)] {
        let sealed = api.with_collector(MAIN_ROOM, |collector| {
            collector.seal(closed());
            collector.sealed().cloned().collect::<Vec<_>>()
        });
        let sealed = sealed.expect("is open");
        assert_eq!(sealed[0].shares[0].party, party);
        assert_eq!((sealed.len(), sealed[0].shares[0].reports), (1, REPORTS));
    }
}

#[tokio::test]
async fn windows_that_are_open_or_of_others_are_refused_with_a_reason() {
    let [leader, helper] = servers();
    fill(&[leader.clone(), helper.clone()]);
    let turn = || v1::HelpRequest { window: Some(window()), ..Default::default() };
    let told = v1::LeadRequest { window: Some(window()), answers: vec![] };
    for (status, code, expected) in [
        (help(&helper, turn(), noon()).await.expect_err("open"), Code::FailedPrecondition, "window-open"),
        (lead(&leader, told.clone(), noon()).await.expect_err("open"), Code::FailedPrecondition, "window-open"),
        (help(&leader, turn(), closed()).await.expect_err("the leader"), Code::NotFound, "no-shares"),
        (lead(&helper, told, closed()).await.expect_err("the helper"), Code::NotFound, "no-shares"),
        (
            help(&helper, v1::HelpRequest::default(), closed()).await.expect_err("no window"),
            Code::InvalidArgument,
            "malformed-message",
        ),
    ] {
        assert_eq!((status.code(), reason(&status)), (code, Some(expected)), "{status}");
    }
    assert!(
        lead(&leader, v1::LeadRequest::default(), noon()).await.expect("a turn").window.is_none(),
        "nothing is due"
    );
}

#[tokio::test]
async fn turns_beyond_the_bound_and_nonces_of_another_length_are_refused() {
    let [_, helper] = servers();
    let offer = |nonce| v1::VerificationOffer { nonce, share: vec![] };
    for offers in [vec![offer(vec![0; 16]); 257], vec![offer(vec![0; 15])]] {
        let turn = v1::HelpRequest { window: Some(window()), verdicts: vec![], offers };
        let status = help(&helper, turn, closed()).await.expect_err("refused");
        assert_eq!((status.code(), reason(&status)), (Code::InvalidArgument, Some("malformed-message")), "{status}");
    }
}

#[tokio::test]
async fn helper_without_any_report_answers_that_all_are_unpaired() {
    let [_, helper] = servers();
    let offers = vec![v1::VerificationOffer { nonce: vec![7; 16], share: vec![1, 2, 3] }];
    let turn = v1::HelpRequest { window: Some(window()), verdicts: vec![], offers };
    let answers = help(&helper, turn, closed()).await.expect("an answer").answers;
    assert_eq!(answers.iter().map(|answer| answer.refused.as_str()).collect::<Vec<_>>(), ["unpaired-share"]);
}

#[tokio::test]
async fn strangers_take_no_part() {
    let api = server("de", Clock::Wall).with_peer(token("a-collector-of-ours"));
    let mut client = VerificationServiceClient::new(api.verification_service());
    let status = client.help(Request::new(v1::HelpRequest::default())).await.expect_err("no token");
    assert_eq!(status.code(), Code::Unauthenticated);
    let [_, helper] = servers();
    let mut client = VerificationServiceClient::new(helper.verification_service());
    assert!(client.help(Request::new(v1::HelpRequest::default())).await.is_err(), "no driver");
}
