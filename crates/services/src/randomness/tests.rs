use encoding::star::{
    Epoch, Randomness,
    oprf::{Blinded, Evaluation, PublicKey, blind},
};
use futures::FutureExt;
use model::{Duration, Measure, Timestamp};
use protocol::v1::randomness_service_client::RandomnessServiceClient;
use tonic::Code;

use super::*;
use crate::{Credential, Driver};

fn time(hours: u64) -> Timestamp {
    Timestamp::from_millis(20_000 * 86_400_000).after(Duration::from_secs(hours * 3600))
}

fn day(number: u64) -> Window {
    Window::holding(time(number * 24), Duration::DAY)
}

fn query() -> Query {
    Query {
        id: QueryId::new("sites").expect("a name"),
        events: vec![],
        group_by: vec!["site".to_owned()],
        measure: Measure::Devices,
        window: Duration::DAY,
        regions: vec![],
        mechanism: Mechanism::Star { devices_min: 5, messages_per_device_max: 4 },
        domain: [].into(),
    }
}

struct Stage {
    api: RandomnessApi,
    driver: Driver,
}

impl Stage {
    fn new(secret: Secret, limits: RandomnessLimits) -> Self {
        let credential = Credential::new("a-token-of-the-driver").expect("a token");
        let driver = Driver::new(&credential);
        let plain = Query { id: QueryId::new("plain").expect("a name"), mechanism: Mechanism::Exact, ..query() };
        let config = RandomnessConfig { queries: vec![query(), plain], secret, limits };
        Self { api: RandomnessApi::new(config, Clock::Scenario { credential }), driver }
    }

    fn seeded() -> Self {
        Self::new(Secret::Seeded(Seed::root(7)), RandomnessLimits::default())
    }

    fn call(&self, request: v1::EvaluateRequest, room: &str, now: Timestamp) -> Result<v1::EvaluateResponse, Status> {
        let call = self.driver.in_room(room).expect("a name").request(request, now);
        let mut client = RandomnessServiceClient::new(self.api.service());
        client.evaluate(call).now_or_never().expect("in process").map(Response::into_inner)
    }

    fn points(&self, window: Window, points: Vec<Vec<u8>>, now: Timestamp) -> Result<v1::EvaluateResponse, Status> {
        let request = v1::EvaluateRequest { query: "sites".to_owned(), window: Some(window.into()), points };
        self.call(request, "main", now)
    }

    fn randomness(&self, room: &str, device: u64, window: Window, now: Timestamp) -> Result<Randomness, Status> {
        let blinded = blinded(device);
        let points = vec![blinded.point.to_vec()];
        let request = v1::EvaluateRequest { query: "sites".to_owned(), window: Some(window.into()), points };
        let answer = self.call(request, room, now)?;
        let (key, evaluation) = read(&answer);
        Ok(blinded.finalize(Epoch::of(window).tag, &key, &evaluation).expect("an honest server"))
    }
}

fn blinded(device: u64) -> Blinded {
    blind(b"news.example", &mut Seed::root(device).stream())
}

fn read(answer: &v1::EvaluateResponse) -> (PublicKey, Evaluation) {
    let key = answer.key.as_ref().expect("a key");
    let fixed = |bytes: &Vec<u8>| bytes.as_slice().try_into().expect("a point");
    let evaluation = &answer.evaluations[0];
    let proof = evaluation.proof.as_slice().try_into().expect("a proof");
    (
        PublicKey { base: fixed(&key.base), epoch: fixed(&key.epoch) },
        Evaluation { point: fixed(&evaluation.point), proof },
    )
}

fn code<T>(result: Result<T, Status>) -> Option<Code> {
    result.err().map(|status| status.code())
}

#[test]
fn devices_get_the_same_randomness_in_every_room_and_every_run() {
    let (one, other) = (Stage::seeded(), Stage::seeded());
    let expected = one.randomness("main", 1, day(3), time(75)).expect("within the window");
    assert_eq!(one.randomness("crowd/00001", 2, day(3), time(73)).expect("within the window"), expected);
    assert_eq!(other.randomness("main", 3, day(3), time(95)).expect("within the window"), expected);
    assert_ne!(one.randomness("main", 1, day(4), time(97)).expect("within the window"), expected);
    let fresh = Stage::new(Secret::Fresh, RandomnessLimits::default());
    assert_ne!(fresh.randomness("main", 1, day(3), time(75)).expect("within the window"), expected);
}

#[test]
fn window_that_is_over_can_never_be_evaluated_again() {
    for secret in [Secret::Seeded(Seed::root(7)), Secret::Fresh] {
        let stage = Stage::new(secret, RandomnessLimits::default());
        let before = stage.randomness("main", 1, day(3), time(95)).expect("within the window");
        assert_eq!(code(stage.randomness("main", 1, day(3), time(96))), Some(Code::OutOfRange));
        // Not even by a clock that goes back, nor across a change of the key, which comes every 256 windows.
        assert_eq!(code(stage.randomness("main", 1, day(3), time(80))), Some(Code::OutOfRange));
        let later = stage.randomness("main", 1, day(3 + 512), time(24 * 515)).expect("within the window");
        assert_ne!(before, later);
        assert_eq!(code(stage.randomness("main", 1, day(3), time(80))), Some(Code::OutOfRange));
        assert_eq!(code(stage.randomness("main", 1, day(514), time(24 * 514))), Some(Code::OutOfRange));
    }
}

#[test]
fn window_that_has_not_begun_is_not_evaluated() {
    let stage = Stage::seeded();
    assert_eq!(code(stage.randomness("main", 1, day(4), time(95))), Some(Code::Unavailable));
    assert!(stage.randomness("main", 1, day(4), time(96)).is_ok());
}

#[test]
fn only_what_was_configured_is_answered() {
    let stage = Stage::seeded();
    let point = || vec![blinded(1).point.to_vec()];
    let ask = |query: &str, window: Window| {
        let request = v1::EvaluateRequest { query: query.to_owned(), window: Some(window.into()), points: point() };
        code(stage.call(request, "main", time(0)))
    };
    assert_eq!(ask("plain", day(0)), Some(Code::NotFound));
    assert_eq!(ask("nothing", day(0)), Some(Code::NotFound));
    assert_eq!(ask("no name!", day(0)), Some(Code::InvalidArgument));
    let shifted = Window { start: time(1), end: time(25) };
    assert_eq!(ask("sites", shifted), Some(Code::InvalidArgument));
    assert_eq!(ask("sites", day(0)), None);
    let request = v1::EvaluateRequest { query: "sites".to_owned(), window: None, points: point() };
    assert_eq!(code(stage.call(request, "main", time(0))), Some(Code::InvalidArgument));
}

#[test]
fn bounds_hold_and_hostile_points_are_refused() {
    let limits = RandomnessLimits { points_per_call_max: 2, evaluations_per_window_max: 3, rooms_max: 2 };
    let stage = Stage::new(Secret::Seeded(Seed::root(7)), limits);
    let point = blinded(1).point.to_vec();
    let ask = |points: Vec<Vec<u8>>, now| code(stage.points(Window::holding(now, Duration::DAY), points, now));
    for bad in
        [vec![], vec![vec![]], vec![vec![0; 32]], vec![vec![0xff; 32]], vec![vec![1; 31]], vec![point.clone(); 3]]
    {
        assert_eq!(ask(bad, time(0)), Some(Code::InvalidArgument));
    }
    assert_eq!(ask(vec![point.clone(); 2], time(0)), None);
    assert_eq!(ask(vec![point.clone(); 2], time(0)), Some(Code::ResourceExhausted));
    assert_eq!(ask(vec![point.clone()], time(0)), None);
    assert_eq!(ask(vec![point.clone()], time(1)), Some(Code::ResourceExhausted));
    assert_eq!(ask(vec![point], time(24)), None);
    assert!(stage.randomness("a", 1, day(0), time(0)).is_ok());
    assert_eq!(code(stage.randomness("b", 1, day(0), time(0))), Some(Code::ResourceExhausted));
}

#[test]
fn strangers_are_let_in_on_the_walls_clock_alone() {
    let stage = Stage::seeded();
    let request = || {
        let points = vec![blinded(1).point.to_vec()];
        let now = crate::clock::wall_now();
        let window = Window::holding(now, Duration::DAY);
        Request::new(v1::EvaluateRequest { query: "sites".to_owned(), window: Some(window.into()), points })
    };
    let ask = |api: &RandomnessApi| {
        let mut client = RandomnessServiceClient::new(api.service());
        code(client.evaluate(request()).now_or_never().expect("in process"))
    };
    assert!(ask(&stage.api).is_some());
    let config =
        RandomnessConfig { queries: vec![query()], secret: Secret::Fresh, limits: RandomnessLimits::default() };
    assert_eq!(ask(&RandomnessApi::new(config, Clock::Wall)), None);
}
