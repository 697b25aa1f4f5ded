// What travels from Python, by name. Each field is declared here, once: whoever visits the fields of a record reads them
// from a dictionary, or lists them (reader.hpp). Python's half is shoal/engines/compiled/architecture.py and wire.py.
#pragma once

#include "job.hpp"

namespace shoal {

// Goes up whenever a field comes, goes, or means something else: Python refuses a module that says another number.
constexpr int kWireVersion = 8;

// What a kind is called where it is registered in Python.
template <class Kind> struct Name {
    const char* name;
    Kind kind;
};

template <class Kind> struct Names;

template <> struct Names<Activation> {
    static constexpr Name<Activation> all[] = {
        {"identity", Activation::identity},
        {"sigmoid", Activation::sigmoid},
        {"tanh", Activation::tanh},
        {"relu", Activation::relu},
        {"leaky_relu", Activation::leaky_relu},
        {"elu", Activation::elu},
        {"selu", Activation::selu},
        {"gelu", Activation::gelu},
        {"silu", Activation::silu},
        {"mish", Activation::mish},
        {"softplus", Activation::softplus},
    };
};

template <> struct Names<Loss> {
    static constexpr Name<Loss> all[] = {
        {"log_loss", Loss::log_loss},
        {"cross_entropy", Loss::cross_entropy},
        {"step_cross_entropy", Loss::step_cross_entropy},
        {"squared_error", Loss::squared_error},
        {"mean_squared_error", Loss::mean_squared_error},
        {"absolute_error", Loss::absolute_error},
        {"huber", Loss::huber},
        {"poisson", Loss::poisson},
    };
};

template <> struct Names<LayerKind> {
    static constexpr Name<LayerKind> all[] = {
        {"dense", LayerKind::dense},
        {"dropout", LayerKind::dropout},
        {"flatten", LayerKind::flatten},
        {"conv2d", LayerKind::convolution},
        {"max_pool2d", LayerKind::max_pool},
        {"average_pool2d", LayerKind::average_pool},
        {"global_average_pool2d", LayerKind::global_average_pool},
        {"locally_connected2d", LayerKind::locally_connected},
        {"layer_norm", LayerKind::layer_norm},
        {"residual", LayerKind::residual},
        {"batch_norm", LayerKind::batch_norm},
        {"rnn", LayerKind::rnn},
        {"gru", LayerKind::gru},
        {"lstm", LayerKind::lstm},
        {"bidirectional", LayerKind::bidirectional},
        {"embedding", LayerKind::embedding},
        {"conv1d", LayerKind::conv1d},
        {"max_pool1d", LayerKind::max_pool1d},
        {"average_pool1d", LayerKind::average_pool1d},
        {"global_max_pool1d", LayerKind::global_max_pool1d},
        {"global_average_pool1d", LayerKind::global_average_pool1d},
        {"last_step", LayerKind::last_step},
    };
};

template <> struct Names<SolverKind> {
    static constexpr Name<SolverKind> all[] = {
        {"gradient_descent", SolverKind::gradient_descent},
        {"sgd", SolverKind::sgd},
        {"adam", SolverKind::adam},
        {"adamw", SolverKind::adamw},
        {"rmsprop", SolverKind::rmsprop},
        {"scg", SolverKind::scg},
        {"lbfgs", SolverKind::lbfgs},
        {"bfgs", SolverKind::bfgs},
        {"levenberg_marquardt", SolverKind::levenberg_marquardt},
        {"bayesian_regularization", SolverKind::bayesian_regularization},
    };
};

// visit(name, member) is called for every field of a record, visit.optional(name, member) for one that may be None,
// which leaves the member as it is. The name comes first: it decides what else there is.

template <class Visit> void visit_fields(Member<Activation>& g, Visit& visit) {
    visit("name", g.kind);
    if (g.kind == Activation::leaky_relu) visit("slope", g.parameter);
    if (g.kind == Activation::elu) visit("alpha", g.parameter);
}

template <class Visit> void visit_fields(Member<Loss>& loss, Visit& visit) {
    visit("name", loss.kind);
    if (loss.kind == Loss::huber) visit("threshold", loss.parameter);
    if (loss.kind == Loss::step_cross_entropy) visit("steps", loss.parameter);
}

template <class Visit> void visit_fields(Geometry& geometry, Visit& visit) {
    visit("in", geometry.in), visit("out", geometry.out);
    visit("size", geometry.size), visit("stride", geometry.stride);
    visit("before", geometry.before), visit("dilation", geometry.dilation);
    visit("groups", geometry.groups);
}

template <class Visit> void visit_recurrent(Layer& layer, Visit& visit) {
    Recurrence& of = layer.recurrence;
    visit("W", layer.W), visit("R", layer.R), visit("b", layer.b), visit.optional("h0", of.h0);
    visit("channels", of.channels), visit("steps", of.steps), visit("state", of.units);
    visit("return_sequences", of.return_sequences), visit("reverse", of.reverse);
    visit.optional("gamma_W", of.gamma_W), visit.optional("gamma_R", of.gamma_R), visit("epsilon", layer.epsilon);
    visit("recurrent_dropout", of.dropout), visit.optional("truncate", of.truncate);
}

template <class Visit> void visit_fields(Layer& layer, Visit& visit) {
    visit("name", layer.kind), visit("inputs", layer.inputs), visit("units", layer.units);
    switch (layer.kind) {
        case LayerKind::dense: visit("W", layer.W), visit("b", layer.b), visit("activation", layer.g); break;
        case LayerKind::dropout: visit("rate", layer.rate), visit("steps", layer.recurrence.steps); break;
        case LayerKind::flatten: visit("steps", layer.recurrence.steps); break;
        case LayerKind::convolution:
        case LayerKind::locally_connected:
            visit("W", layer.W), visit("b", layer.b), visit("activation", layer.g), visit("geometry", layer.geometry);
            break;
        case LayerKind::max_pool:
        case LayerKind::average_pool:
        case LayerKind::global_average_pool: visit("geometry", layer.geometry); break;
        case LayerKind::layer_norm:
            visit("gamma", layer.gamma), visit("beta", layer.beta);
            visit("activation", layer.g), visit("epsilon", layer.epsilon), visit("steps", layer.recurrence.steps);
            break;
        case LayerKind::batch_norm:
            visit("gamma", layer.gamma), visit("beta", layer.beta);
            visit("mean", layer.mean), visit("variance", layer.variance), visit("places", layer.places);
            visit("activation", layer.g), visit("epsilon", layer.epsilon), visit("momentum", layer.momentum);
            break;
        case LayerKind::rnn: visit_recurrent(layer, visit), visit("activation", layer.g); break;
        case LayerKind::gru: visit_recurrent(layer, visit), visit("c", layer.c); break;
        case LayerKind::lstm:
            visit_recurrent(layer, visit), visit.optional("c0", layer.recurrence.c0);
            visit.optional("gamma_c", layer.recurrence.gamma_c), visit.optional("beta_c", layer.recurrence.beta_c);
            break;
        case LayerKind::bidirectional: visit("layers", layer.inside); break;
        case LayerKind::embedding: visit("E", layer.E), visit("vocabulary", layer.vocabulary); break;
        case LayerKind::conv1d:
            visit("W", layer.W), visit("b", layer.b), visit("activation", layer.g), visit("geometry", layer.geometry);
            visit("same", layer.same);
            break;
        case LayerKind::max_pool1d:
        case LayerKind::average_pool1d: visit("size", layer.size), visit("stride", layer.stride); [[fallthrough]];
        case LayerKind::global_max_pool1d:
        case LayerKind::global_average_pool1d:
        case LayerKind::last_step:
            visit("channels", layer.recurrence.channels), visit("steps", layer.recurrence.steps);
            break;
        case LayerKind::residual:
            visit("activation", layer.g), visit("layers", layer.inside), visit("steps", layer.recurrence.steps);
            break;
    }
}

template <class Visit> void visit_fields(Network& network, Visit& visit) {
    visit("layers", network.layers), visit("loss", network.loss);
    visit("inputs", network.inputs), visit("outputs", network.outputs);
    visit("parameters", network.n_parameters), visit("weight_mask", network.weight_mask);
}

template <class T, class Visit> void visit_fields(Samples<T>& samples, Visit& visit) {
    visit("X", samples.X), visit("y", samples.y), visit("s", samples.s), visit.optional("lengths", samples.lengths);
}

template <class T, class Visit> void visit_fields(Problem<T>& problem, Visit& visit) {
    visit("train", problem.train), visit.optional("validation", problem.validation);
    visit("l2", problem.l2), visit("l1", problem.l1);
    visit("weight_decay", problem.weight_decay), visit("learning_rate", problem.learning_rate);
    visit("by_batch", problem.by_batch);
}

template <class Visit> void visit_fields(SolverSettings& solver, Visit& visit) {
    visit("name", solver.kind);
    visit("full_batch", solver.full_batch), visit("decay_times_rate", solver.decay_times_rate);
    switch (solver.kind) {
        case SolverKind::gradient_descent:
        case SolverKind::bfgs: break;
        case SolverKind::sgd: visit("momentum", solver.momentum), visit("nesterov", solver.nesterov); break;
        case SolverKind::adam:
        case SolverKind::adamw:
            visit("beta1", solver.beta1), visit("beta2", solver.beta2);
            visit("epsilon", solver.epsilon), visit("epsilon_hat", solver.epsilon_hat);
            break;
        case SolverKind::rmsprop: visit("rho", solver.rho), visit("epsilon", solver.epsilon); break;
        case SolverKind::scg: visit("sigma", solver.sigma), visit("initial_lambda", solver.initial_lambda); break;
        case SolverKind::lbfgs: visit("memory", solver.memory); break;
        case SolverKind::bayesian_regularization: visit("initial_l2", solver.initial_l2); [[fallthrough]];
        case SolverKind::levenberg_marquardt: visit("initial_damping", solver.initial_damping); break;
    }
}

template <class Visit> void visit_fields(Deformation& deformation, Visit& visit) {
    visit("channels", deformation.channels), visit("rows", deformation.rows), visit("columns", deformation.columns);
    visit("translate", deformation.translate), visit("factor", deformation.factor), visit("angle", deformation.angle);
    visit("elastic", deformation.elastic), visit("mirror", deformation.mirror), visit("fill", deformation.fill);
    visit("taps", deformation.taps), visit("seed", deformation.seed);
}

template <class Visit> void visit_fields(Plan& plan, Visit& visit) {
    visit("solver", plan.solver), visit.optional("factors", plan.factors);
    visit("epochs", plan.epochs), visit.optional("batch_size", plan.batch_size);
    visit("tolerance", plan.tolerance), visit.optional("patience", plan.patience);
    visit.optional("shared_order", plan.shared_order), visit.optional("clip_norm", plan.clip_norm);
    visit.optional("augmentation", plan.augmentation);
}

template <class Visit> void visit_fields(Watch& watch, Visit& visit) {
    visit("tol", watch.tol), visit("patience", watch.patience);
    visit("best", watch.best), visit("count", watch.count);
}

template <class Visit> void visit_fields(Course& course, Visit& visit) {
    visit("loss", course.loss), visit.optional("validation_loss", course.validation_loss);
    visit("epochs", course.epochs), visit("best_epoch", course.best_epoch), visit("stopped", course.stopped);
    visit("penalty", course.penalty), visit.optional("watch", course.watch);
    visit.optional("gamma", course.gamma), visit.optional("alpha", course.alpha), visit.optional("beta", course.beta);
}

// What a record is called in messages.
inline const char* title(const Member<Activation>&) { return "activation"; }
inline const char* title(const Member<Loss>&) { return "loss"; }
inline const char* title(const Geometry&) { return "geometry"; }
inline const char* title(const Layer&) { return "layer"; }
inline const char* title(const Network&) { return "network"; }
template <class T> const char* title(const Samples<T>&) { return "samples"; }
template <class T> const char* title(const Problem<T>&) { return "problem"; }
inline const char* title(const SolverSettings&) { return "solver"; }
inline const char* title(const Deformation&) { return "augmentation"; }
inline const char* title(const Plan&) { return "recipe"; }
inline const char* title(const Watch&) { return "watch"; }
inline const char* title(const Course&) { return "course"; }

}  // namespace shoal
