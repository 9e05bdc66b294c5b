//! Days and walks of some stops by a ruin-and-recreate search: a day is a vehicle that holds
//! `per_day` stops. This is the only file that speaks to the routing library.
//!
//! The library's ready-made search would give another answer with each run: it prefers what was
//! fast by the clock, keeps its forbidden moves in sets whose order is random, and draws from one
//! generator per thread. So the search is put together here from those of its parts that do not,
//! and runs on a fresh thread of its own, where the generator starts anew. The number of steps
//! depends on the number of stops alone.

use super::exact;
use super::ground::{Costs, Ground};
use super::nearest;
use crate::error::{Error, Result};
use rayon::ThreadPoolBuilder;
use std::fmt::Display;
use std::sync::{Arc, mpsc};
use vrp_core::construction::heuristics::InsertionContext;
use vrp_core::models::solution::{Activity, Registry, Route, Tour};
use vrp_core::prelude::*;
use vrp_core::rosomaxa::evolution::{InitialOperators, TelemetryMode};
use vrp_core::rosomaxa::hyper::StaticSelective;
use vrp_core::rosomaxa::utils::Parallelism;
use vrp_core::solver::search::{
    CompositeLocalOperator, ExchangeSequence, LocalSearch, RecreateWithBlinks,
    RecreateWithCheapest, RecreateWithSkipBest, Ruin, RuinAndRecreate, WeightedHeuristicOperator,
    WeightedRecreate,
};
use vrp_core::solver::{
    GreedyPopulation, RecreateInitialOperator, RefinementContext, TargetHeuristicGroup,
    TargetSearchOperator, create_scalar_operator_probability,
};

/// Steps of the search for each stop. With 20 stops in two full days, two steps a stop make walks
/// 5 % shorter than none, and ten 7 %; a step takes about a tenth of a millisecond.
const STEPS_PER_STOP: usize = 2;

/// The days of some stops, as few as can be, each in visiting order.
pub(super) fn days(ground: &Ground, stops: &[usize], per_day: usize) -> Result<Vec<Vec<usize>>> {
    let costs = ground.costs(stops);
    let stops_of =
        |day: Vec<usize>| -> Vec<usize> { day.into_iter().map(|place| stops[place - 1]).collect() };
    if stops.len() <= exact::MOST_STOPS {
        let days = exact::days(&costs, per_day).into_iter();
        return Ok(days.map(stops_of).collect());
    }
    let first = nearest::days(&costs, per_day);
    let found = search_alone(costs, first, per_day)?.into_iter();
    Ok(found.map(|day| shortened(ground, &stops_of(day))).collect())
}

/// The stops of a day in the best order: of few, the best of all.
fn shortened(ground: &Ground, day: &[usize]) -> Vec<usize> {
    let order = if day.len() <= exact::MOST_STOPS {
        exact::days(&ground.costs(day), day.len()).concat()
    } else {
        let mut order = (1..=day.len()).collect();
        nearest::shorten(&ground.costs(day), &mut order);
        order
    };
    order.into_iter().map(|place| day[place - 1]).collect()
}

/// The search on a thread of its own.
fn search_alone(costs: Costs, first: Vec<Vec<usize>>, per_day: usize) -> Result<Vec<Vec<usize>>> {
    let thread = ThreadPoolBuilder::new()
        .num_threads(1)
        .panic_handler(|_| {});
    let thread = thread.build().map_err(internal)?;
    let (sender, receiver) = mpsc::sync_channel(1);
    thread.spawn(move || {
        // Nobody listens only if this thread's starter is gone.
        let _ = sender.send(search(costs, &first, per_day).map_err(internal));
    });
    receiver.recv().map_err(internal)?
}

fn internal(cause: impl Display) -> Error {
    Error::Internal(format!("the routing library failed: {cause}"))
}

/// Days of places 1, 2 and so on, each from place 0 and back to it: the given ones, made better.
fn search(costs: Costs, first: &[Vec<usize>], per_day: usize) -> GenericResult<Vec<Vec<usize>>> {
    let stops = costs.size - 1;
    let problem = Arc::new(problem(costs, per_day)?);
    let environment = Arc::new(Environment {
        random: Arc::new(DefaultRandom::new_repeatable()),
        quota: None,
        parallelism: Parallelism::new_with_cpus(1),
        logger: silent(),
        is_experimental: false,
    });
    let random = environment.random.clone();
    let population = GreedyPopulation::new(problem.goal.clone(), 1, None);
    let context = RefinementContext::new(
        problem.clone(),
        Box::new(population),
        TelemetryMode::None,
        environment.clone(),
    );
    let first = begin(&problem, first, environment);
    let config = EvolutionConfigBuilder::default()
        .with_context(context)
        .with_heuristic(Box::new(StaticSelective::new(
            moves(&random),
            vec![Arc::new(WeightedHeuristicOperator::new(
                vec![exchange()],
                vec![1],
            ))],
        )))
        .with_initial(1, 1.0, never_needed(&random))
        .with_init_solutions(vec![first], None)
        .with_max_generations(Some(STEPS_PER_STOP * stops))
        .build()?;
    let solution = Solver::new(problem, config).solve()?;
    if !solution.unassigned.is_empty() {
        return Err("stops were left over".into());
    }
    let day = |route: &Route| {
        let activities = route.tour.all_activities();
        let stops = activities.filter(|activity| activity.job.is_some());
        stops.map(|activity| activity.place.location).collect()
    };
    Ok(solution.routes.iter().map(day).collect())
}

fn silent() -> InfoLogger {
    Arc::new(|_| {})
}

/// One job a stop, one vehicle a day, and the walking to be made short.
fn problem(costs: Costs, per_day: usize) -> GenericResult<Problem> {
    let Costs { size, metres } = costs;
    let capacity = i32::try_from(per_day).map_err(|cause| cause.to_string())?;
    let jobs = (1..size).map(|place| {
        let stop = SingleBuilder::default().demand(Demand::delivery(1));
        stop.location(place)?.build_as_job()
    });
    let vehicles = (0..(size - 1).div_ceil(per_day)).map(|day| {
        let detail = VehicleDetailBuilder::default()
            .set_start_location(0)
            .set_end_location(0);
        VehicleBuilder::default()
            .id(&day.to_string())
            .add_detail(detail.build()?)
            .capacity(SingleDimLoad::new(capacity))
            .build()
    });
    let transport: Arc<dyn TransportCost> =
        Arc::new(SimpleTransportCost::new(vec![0.0; metres.len()], metres)?);
    let features = [
        MinimizeUnassignedBuilder::new("every stop").build()?,
        TransportFeatureBuilder::new("least walking")
            .set_transport_cost(transport.clone())
            .set_time_constrained(false)
            .build_minimize_distance()?,
        CapacityFeatureBuilder::<SingleDimLoad>::new("stops a day").build()?,
    ];
    ProblemBuilder::default()
        .add_jobs(jobs.collect::<GenericResult<Vec<_>>>()?.into_iter())
        .add_vehicles(vehicles.collect::<GenericResult<Vec<_>>>()?.into_iter())
        .with_goal(GoalContextBuilder::with_features(&features)?.build()?)
        .with_transport_cost(transport)
        .with_logger(silent())
        .build()
}

/// The library asks for a way to make a first order even where one is given.
fn never_needed(
    random: &Arc<dyn Random>,
) -> InitialOperators<RefinementContext, GoalContext, InsertionContext> {
    let way = Arc::new(RecreateWithCheapest::new(random.clone()));
    vec![(Box::new(RecreateInitialOperator::new(way)), 1)]
}

/// Given days in the library's own terms.
fn begin(
    problem: &Arc<Problem>,
    days: &[Vec<usize>],
    environment: Arc<Environment>,
) -> InsertionContext {
    let jobs = problem.jobs.all();
    let routes = problem.fleet.actors.iter().zip(days).map(|(actor, day)| {
        let mut tour = Tour::new(actor);
        for &place in day {
            if let Some(job) = jobs[place - 1].as_single() {
                let mut activity = Activity::new_with_job(job.clone());
                activity.place.location = place;
                tour.insert_last(activity);
            }
        }
        Route {
            actor: actor.clone(),
            tour,
        }
    });
    let solution = Solution {
        cost: 0.0,
        registry: Registry::new(&problem.fleet, environment.random.clone()),
        routes: routes.collect(),
        unassigned: Vec::new(),
        telemetry: None,
    };
    InsertionContext::new_from_solution(problem.clone(), (solution, None), environment)
}

/// What a step of the search does.
fn moves(random: &Arc<dyn Random>) -> TargetHeuristicGroup {
    let recreate = WeightedRecreate::new(vec![
        (
            Arc::new(RecreateWithBlinks::new_with_defaults(random.clone())),
            2,
        ),
        (Arc::new(RecreateWithCheapest::new(random.clone())), 1),
        (Arc::new(RecreateWithSkipBest::new(1, 2, random.clone())), 1),
    ]);
    let anew: TargetSearchOperator = Arc::new(RuinAndRecreate::new(
        Arc::new(TakeOutNeighbours),
        Arc::new(recreate),
    ));
    let always = create_scalar_operator_probability(1.0, random.clone());
    let seldom = create_scalar_operator_probability(0.1, random.clone());
    // An exchange may leave stops over, which the library keeps in an order by chance. Being the
    // last, its result is then dropped and never built upon.
    vec![(anew, always), (exchange(), seldom)]
}

/// Moves a piece of a walk to another place, forwards or backwards.
fn exchange() -> TargetSearchOperator {
    let sequence = Arc::new(ExchangeSequence::default());
    let composite = CompositeLocalOperator::new(vec![(sequence, 1)], 1, 1);
    Arc::new(LocalSearch::new(Arc::new(composite)))
}

/// Takes a stop and some of those around it out of their days.
struct TakeOutNeighbours;

impl TakeOutNeighbours {
    /// At most so many stops, the first included.
    const MOST: i32 = 10;

    /// The share of neighbours that stay where they are, so that not always the same go.
    const STAY: f64 = 0.2;
}

impl Ruin for TakeOutNeighbours {
    fn run(&self, _: &RefinementContext, mut context: InsertionContext) -> InsertionContext {
        let problem = context.problem.clone();
        let random = context.environment.random.clone();
        let all = problem.jobs.all();
        let draw = |low: i32, high: usize| {
            let high = i32::try_from(high).unwrap_or(i32::MAX).max(low);
            usize::try_from(random.uniform_int(low, high)).unwrap_or_default()
        };
        let Some(first) = all.get(draw(0, all.len().saturating_sub(1))) else {
            return context;
        };
        let most = all
            .len()
            .min(usize::try_from(Self::MOST).unwrap_or_default());
        let many = draw(1, most);
        let around = problem.fleet.profiles.iter().take(1).flat_map(|profile| {
            let neighbours = problem.jobs.neighbors(profile, first, 0.0);
            neighbours.map(|(job, _)| job)
        });
        let others = around.filter(|_| !random.is_hit(Self::STAY)).take(many - 1);
        let solution = &mut context.solution;
        for job in std::iter::once(first).chain(others) {
            let mut routes = solution.routes.iter_mut();
            // `route_mut` marks a route as changed, so it is asked for only where it is.
            if let Some(route) = routes.find(|route| route.route().tour.contains(job)) {
                route.route_mut().tour.remove(job);
                solution.required.push(job.clone());
            }
        }
        solution.keep_routes(&|route| route.route().tour.has_jobs());
        context
    }
}
