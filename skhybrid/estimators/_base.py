"""What all estimators share: the way from samples and targets to trained networks, and back."""

from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import check_random_state

from skhybrid._backend import BaseWrapper, keras
from skhybrid._training import hand_over, predict
from skhybrid._validation import check_input, check_is_fitted, check_sample_shape
from skhybrid.estimators._ahead import learn_ahead_scale
from skhybrid.estimators._build import LinearLayers, Reading, check_last_steps, check_takes, takes_parameter
from skhybrid.estimators._callbacks import copy_callbacks
from skhybrid.estimators._copies import Copied
from skhybrid.estimators._epochs import follow_networks, show_epochs
from skhybrid.estimators._keras_arguments import (
    as_rate,
    check_loss,
    check_metrics,
    check_optimizer,
    first_learning_rate,
    rename_metrics,
)
from skhybrid.estimators._linear_learning import LinearPath
from skhybrid.estimators._members import Lesson, linear_of, mean_history, pool, seed_of, settings_of, train_all
from skhybrid.estimators._offsets import PhaseOffsets
from skhybrid.estimators._parameters import part
from skhybrid.estimators._refusals import check_ahead, check_ends, check_exported, check_options
from skhybrid.estimators._samples import Samples, split_in_time, take_apart, warn_of_size
from skhybrid.estimators._scikeras import average, called_once, copy_model, make_wrapper
from skhybrid.estimators._state import (
    all_or_nothing,
    check_changes,
    hold_parameters,
    set_learning_rate,
    set_loss,
)
from skhybrid.estimators._targets import Labels, Values
from skhybrid.estimators._task import Fold, HeldOut, Rows, Task, divide, everything, fade, join
from skhybrid.estimators._training_options import TrainingOptions
from skhybrid.estimators._window_options import Architecture


@part
class NetworkEstimator(TrainingOptions, Architecture, Copied):
    """Base of all estimators: from samples and targets to a trained Keras model, and back.

    An architecture (of `_architectures`) holds which network is trained and how X is read; a subclass here, what the
    network's outputs mean.
    """

    _must_take: ClassVar[tuple[str, ...]] = (
        "future_shape",
    )  # what is refused, rather than left out, where a network's builder has no such option

    @property
    def _output_activation(self) -> Any:
        """Activation of the network's last layer; None for the network's own."""
        return None

    @property
    def scikeras_(self) -> BaseWrapper:
        """The SciKeras wrapper of the network; of several, of the first."""
        return self.members_[0]

    @property
    def model_(self) -> Any:
        """The trained Keras model; of several networks, their mean."""
        models = [member.model_ for member in self.members_]
        for model in models:
            hand_over(model)  # so that its optimizer is as training has left it
        return average(models)

    def to_keras(self) -> Any:
        """Return one Keras model from the samples that `fit` received to predictions, all scaling inside.

        Returns
        -------
        model : keras.Model
            Maps (n_samples, *shape of a sample) to what `predict` (of classifiers: `predict_proba`) gives, always with
            an axis for the outputs, and one for the quantiles where there are any. Where X was :class:`Windows`, it has
            two inputs, "sample" and "ahead". It shares nothing with the estimator, and is made of Keras' own layers, so
            that Keras alone can save and load it. It computes in float32, which keeps seven digits of the predictions'
            level. Boosted trees are no such layers, and are refused.
        """
        check_is_fitted(self)
        check_exported(self)
        network = average([copy_model(member) for member in self.members_])
        inputs = [keras.Input(self.sample_shape_, name="sample")]
        steps = keras.layers.Reshape(self.input_shape_, name="steps")(inputs[0])
        if self.ahead_shape_ is not None:
            inputs.append(keras.Input(self.ahead_shape_, name="ahead"))
        outputs = network([steps, *inputs[1:]] if len(inputs) > 1 else steps)
        return called_once(
            inputs if len(inputs) > 1 else inputs[0], self._target.export(outputs, steps), name=network.name
        )

    def read_samples(self, X: ArrayLike) -> Any:
        """Return X as the network reads it in `predict`.

        Parameters
        ----------
        X : array-like of shape (n_samples, *shape of a sample) or Windows
            Samples of the shape seen in `fit`.

        Returns
        -------
        samples : ndarray of shape (n_samples, *input_shape_)
            The samples, checked; where a window starts with NaN in all features, its first known step is repeated.
            Where X is :class:`Windows`, a tuple of them and of what is known ahead, (n_samples, *ahead_shape_).
        """
        return self._read_as_fitted(X).for_keras

    def _fit(self, X, y, sample_weight, *, again, epochs, early_stopping, classes=None, held_out=None):
        """Train the networks, from their first weights or `again`, from those they have."""
        self._check_options(early_stopping, held_out)
        follows = follow_networks(self, X, y, sample_weight, epochs)
        with follows as progress, all_or_nothing(self, again):
            changed = check_changes(self, self._as_fitted) if again else set()
            task = self._read_task(X, y, sample_weight, held_out, again)
            seed = self.scikeras_.model__seed if again else self._draw_seed()
            rows = divide(
                task,
                lambda usable: self._split(usable, task.y, seed),
                early_stopping=early_stopping,
                chooses=not again and self._chooses_by_samples,
            )
            if again:
                self._apply(changed)
                members, before = self.members_, self.histories_
            else:
                self._learn(task, rows, classes)
                epochs = self._limit_epochs(task, epochs)
                if self.refit and epochs == 0:  # no network is to be trained by what is held out
                    self._learn(task, rows := everything(task.usable), classes, self._linear)
                members = self._make_members(seed, is_masked=bool(task.samples.n_after.any()))
                warn_of_size(members[0].model_, task.samples, rows.training, self._reading.norm)
                before = [{} for _ in members]
            check_ends(members[0], task.samples.n_after)
            callbacks = [copy_callbacks(self.callbacks) for _ in members]
            self.callbacks_: list[Any] = [callback for of_one in callbacks for callback in of_one]
            lessons = self._make_lessons(members, task, rows, before, epochs=[epochs] * len(members))
            trained = train_all(self, members, lessons, show_epochs(progress, members, lessons, callbacks))
            if rows.stops and len(rows.folds) > 1:
                trained = pool(trained, lessons)
            self._keep(members, trained, before)
            if self.refit and epochs:
                self._fit_on_all(task, trained, seed, classes, progress)
            elif self.refit:
                self.refit_history_: dict[str, list[float]] = {"loss": []}
            return self

    def _fit_on_all(self, task, trained, seed, classes, progress):
        """Train fresh networks on all samples, with what the samples held out have chosen."""
        rows = everything(task.usable)
        self._learn(task, rows, classes, self._linear)
        self.members_ = members = self._make_members(seed, is_masked=bool(task.samples.n_after.any()))
        lessons = self._make_lessons(
            members,
            task,
            rows,
            [{} for _ in trained],
            epochs=[of_one.best_epoch for of_one in trained],
            gates=[of_one.gate for of_one in trained],
        )
        callbacks = show_epochs(progress, members, lessons, [[] for _ in members], again=True)
        again = train_all(self, members, lessons, callbacks)
        self.refit_history_ = mean_history([self._name(of_one.history) for of_one in again])

    def _read_task(self, X, y, sample_weight, held_out, again):
        """Return the samples to learn from, those that the user holds out last, with targets and weights."""
        X, ahead = take_apart(X)
        if again:
            check_sample_shape(X, self.sample_shape_)
            check_ahead(ahead, self.ahead_shape_, self._reading.ahead)
        X, y = self._check_training_data(X, y, reset=not again)
        task = self._make_task(X, ahead, y, sample_weight)
        if held_out is None:
            return task
        X_val, ahead_val = take_apart(held_out.X)
        check_sample_shape(X_val, X.shape[1:])
        X_val, y_val = self._check_training_data(X_val, held_out.y, reset=False)
        self._check_held_out(y, y_val)
        return join(task, self._make_task(X_val, ahead_val, y_val, held_out.sample_weight), self._gap(y))

    def _make_task(self, X, ahead, y, sample_weight):
        samples = self._read(X)._replace(ahead=ahead)
        return Task(X.shape[1:], samples, y, self._weigh(y, samples.weigh(sample_weight)), 0)

    def _learn(self, task: Task, rows: Rows, classes: Any, before: Any = None) -> None:
        """Learn shapes and scales from the samples of a first fit, and of their values from `rows` alone."""
        samples, training = task.samples, rows.training
        self._as_fitted = hold_parameters(self)
        self.sample_shape_: tuple[int, ...] = task.sample_shape
        self.input_shape_: tuple[int, ...] = samples.values.shape[1:]
        self.ahead_shape_: tuple[int, ...] | None = None if samples.ahead is None else samples.ahead.shape
        ahead = learn_ahead_scale(samples.ahead, training, task.weights, squares=getattr(self, "linear_squares", False))
        self._reading = Reading(self.input_shape_, self._learn_norm(samples, training), ahead)
        self._target = self._learn_target(task.y, samples, training, task.weights, classes)
        self._reading = self._reading._replace(offsets=self._learn_offsets(samples))
        self._linear: LinearPath | None = None  # that of a fit before is none of this one's
        self._linear = self._learn_linear(task, rows, self._target, before)

    def _apply(self, changed: set[str]) -> None:
        """Give the networks what was set since they were trained: a loss, a learning rate."""
        for member in self.members_:
            if "loss" in changed:
                set_loss(member, self._make_loss())
            if changed & {"learning_rate", "learning_rate_schedule"}:  # one that a callback has set stays otherwise
                check_optimizer(self.optimizer, self.learning_rate)
                set_learning_rate(member, first_learning_rate(self.optimizer, self.learning_rate))
        if changed:
            self._as_fitted = hold_parameters(self)

    def _outputs(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return what the networks' outputs for X mean."""
        samples = self._read_as_fitted(X)
        return self._target.decode(self._ask(samples), samples.values)

    def _ask(self, samples: Samples) -> NDArray[np.float64]:
        """Return the networks' outputs for samples; of several networks, the mean."""
        models = [member.model_ for member in self.members_]
        outputs = [predict(model, samples.for_keras, engine=self.engine).astype(np.float64) for model in models]
        return outputs[0] if len(outputs) == 1 else np.mean(outputs, axis=0)

    def _read_as_fitted(self, X: ArrayLike) -> Samples:
        """Return samples to predict from, which must be like those of the fit, with unknown steps filled."""
        check_is_fitted(self)
        X, ahead = take_apart(X)
        check_sample_shape(X, self.sample_shape_)
        check_ahead(ahead, self.ahead_shape_, self._reading.ahead)
        samples = self._as_fitted._read(check_input(self, X, reset=False))
        check_ends(self.scikeras_, samples.n_after)
        samples = samples._replace(values=samples.fill(), ahead=ahead)
        if self._reading.norm is not None:
            self._reading.norm.check_last(samples.windows)
        return samples

    def _check_training_data(self, X, y, *, reset):
        """Return X and y checked; they are the first, or must be like those of the first fit."""
        raise NotImplementedError

    def _check_held_out(self, y, y_val):
        """Refuse targets held out that are not like those trained on."""
        if y_val.shape[1:] != y.shape[1:]:
            needed = ", ".join(["n_samples", *map(str, y.shape[1:])])
            raise ValueError(
                f"y_val must have shape ({needed}) as y has, but has shape {y_val.shape}; pass the same targets."
            )

    def _learn_target(self, y, samples: Samples, rows, weights, classes) -> Values | Labels:
        """Return what the network's outputs are to mean, learned of the targets."""
        raise NotImplementedError

    def _learn_linear(self, task: Task, rows: Rows, target: Any, before: Any) -> LinearPath | None:
        """Return the linear path in closed form beside the network, by the choices of one `before`."""
        return None

    def _limit_epochs(self, task: Task, epochs: int) -> int:
        """Return how many epochs to train, which may be none where there is a linear path in closed form."""
        return epochs

    def _learn_offsets(self, samples: Samples) -> PhaseOffsets | None:
        """Return which offsets by phase the windows are read without."""
        return None

    def _linear_layers(self) -> LinearLayers | None:
        """Return which layers the linear path beside the network has."""
        return None

    @property
    def _chooses_by_samples(self) -> bool:
        """Whether samples held out choose something without early stopping as well."""
        return False

    def _weigh(self, y, weights):
        """Return the weights of the samples in training."""
        return weights

    def _gap(self, y) -> int:
        """Return how many samples lie between those trained on and those whose time no training target reaches."""
        return np.size(y[0]) - 1 if self.validation_gap is None else self.validation_gap

    def _split(self, rows, y, seed):
        """Return the samples to train on and those to validate on, in folds."""
        reason = "early_stopping=True" if self.early_stopping else "linear_path='ridge'"
        folds = split_in_time(
            rows, self.validation_fraction, self._gap(y), n_folds=getattr(self, "validation_folds", 1), reason=reason
        )
        return [Fold(*fold) for fold in folds]

    def _draw_seed(self) -> int:
        """Draw the seed of first weights, order of samples and dropout."""
        return int(check_random_state(self.random_state).randint(np.iinfo(np.int32).max))

    def _make_loss(self) -> Any:
        """Return the loss as Keras takes it."""
        return check_loss(self.loss)

    def _check_options(self, early_stopping: bool, held_out: HeldOut | None) -> None:
        """Refuse parameters that do not go together."""
        check_options(self, early_stopping, held_out)

    def _make_members(self, seed: int, *, is_masked: bool) -> list[BaseWrapper]:
        """Return the networks, from their first weights."""
        members = []
        for i in range(self.n_estimators):
            member = self._make_scikeras(settings_of(self, i), seed_of(seed, i), is_masked=is_masked)
            if (linear := linear_of(self, i)) is not None:
                linear.set_gate(member.model_, np.ones(linear.design.n_outputs))
            members.append(member)
        return members

    def _make_scikeras(self, settings: Any, seed: int, *, is_masked: bool) -> BaseWrapper:
        """Return a fresh SciKeras wrapper, with a network built and compiled."""
        last_steps = check_last_steps(settings.last_steps, self.input_shape_, ends_early=is_masked)
        reading = self._reading._replace(last_steps=last_steps)
        network, parameters = settings._network(reading.shapes[0])
        given = {
            "masked": is_masked,
            "output_activation": self._output_activation,
            "future_shape": reading.shapes[-1] if reading.ahead else None,
            "outputs_per_step": len(self._target.levels),
        }
        check_takes(network, {name: given[name] for name in self._must_take if given[name]})
        options = {
            "network": network,
            # The user's own go before what is given here.
            "parameters": {**{k: v for k, v in given.items() if v and takes_parameter(network, k)}, **parameters},
            "seed": seed,
            "reading": reading,
            "n_outputs": self._target.n_outputs,
            "quantiles": self._target.levels,
            "linear": self._linear_layers(),
            "metrics": check_metrics(self.metrics),
        }
        rate = {} if self.learning_rate is None else {"optimizer__learning_rate": as_rate(self.learning_rate)}
        optimizer = check_optimizer(self.optimizer, self.learning_rate)
        return make_wrapper(options, loss=self._make_loss(), optimizer=optimizer, **rate)

    def _make_lessons(self, members, task, rows, before, *, epochs, gates=None):
        """Return what each network is trained on, for its epochs."""
        targets = self._target.encode(task.y, task.samples)
        parts = [rows.of_member(i) for i in range(len(members))]
        return [
            Lesson(
                task.samples,
                targets,
                fade(task.weights, settings_of(self, i).half_life, training),
                training,
                validation,
                n_before=len(before[i].get("loss", ())),
                n_epochs=epochs[i],
                n_planned=max(self.epochs, 1),
                seed=member.model__seed if self.shuffle else None,
                linear=linear_of(self, i),
                gate=None if gates is None else gates[i],
            )
            for i, (member, (training, validation)) in enumerate(zip(members, parts, strict=True))
        ]

    def _keep(self, members, trained, before):
        """Store what the trainings left, with the losses of the epochs `before`."""
        self.members_ = members
        self.histories_: list[dict[str, list[float]]] = [
            {**old, **{name: [*old.get(name, []), *values] for name, values in self._name(new.history).items()}}
            for old, new in zip(before, trained, strict=True)
        ]
        self.history_: dict[str, list[float]] = mean_history(self.histories_)
        self.best_epochs_: list[int] = [of_one.best_epoch for of_one in trained]
        self.best_epoch_: int = max(self.best_epochs_)
        self.n_epochs_: int = len(self.history_["loss"])
        self.n_parameters_: int = sum(member.model_.count_params() for member in members)
        self.n_outputs_: int = self._target.n_outputs
        self.engine_: str = min((of_one.engine for of_one in trained), key=lambda engine: engine == "compiled")

    def _name(self, history):
        """Return a history whose metrics are in the units of y, or named as scaled."""
        return rename_metrics(history, check_metrics(self.metrics), self._target.common_scale)

    def __sklearn_is_fitted__(self):
        return hasattr(self, "members_")

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.target_tags.required = True
        return tags
