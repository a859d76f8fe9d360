"""What every provider must do; a provider's own tests inherit this and say how to make one."""

import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from core.errors import PredictionLost, UnknownModel
from core.fields import fields, validate
from core.media import Inspector
from core.providers import Prediction, Provider, Request

ENDED = ("succeeded", "failed", "canceled")


class ProviderContract:
    """Inherit, and give the fixtures `provider` and `inputs` (for each model, the least that makes a prediction)."""

    def request(self, provider: Provider, model: str, inputs: dict[str, Any], folder: Path) -> Request:
        described = provider.describe(model)
        cleaned = validate(described.schema, inputs)
        if "seed" in {field.name for field in fields(described.schema)}:
            cleaned.setdefault("seed", 5)
        return Request(model, described.version, cleaned, folder)

    def ended(self, provider: Provider, handle: str, seconds: float = 60) -> list[Prediction]:
        """Every look at the prediction until it has ended."""
        seen, deadline = [provider.poll(handle)], time.monotonic() + seconds
        while seen[-1].state not in ENDED and time.monotonic() < deadline:
            time.sleep(0.02)
            seen.append(provider.poll(handle))
        return seen

    def test_models_are_described(self, provider: Provider, inputs: dict[str, dict[str, Any]]) -> None:
        assert {model.id for model in provider.models()} <= set(inputs)
        for model in map(provider.describe, inputs):
            assert provider.understand(model.id, model.raw) == model
            assert model.provider == provider.name
            assert model.kind in ("image", "video", "audio", "other")
            assert model.title
            assert model.description.strip()
            Draft202012Validator.check_schema(model.schema)
            assert "prompt" in [field.name for field in fields(model.schema)]

    def test_an_unknown_model_is_told(self, provider: Provider) -> None:
        with pytest.raises(UnknownModel):
            provider.describe(f"{provider.name}/no-such-model")

    def test_an_unknown_handle_is_lost(self, provider: Provider) -> None:
        with pytest.raises(PredictionLost):
            provider.poll("nothing")
        provider.cancel("nothing")
        provider.forget("nothing")

    def test_a_prediction_brings_its_files(
        self, provider: Provider, inputs: dict[str, dict[str, Any]], inspector: Inspector, tmp_path: Path
    ) -> None:
        for number, (model, values) in enumerate(inputs.items()):
            folder = tmp_path / str(number)
            folder.mkdir()
            request = self.request(provider, model, values, folder)
            begun = provider.submit(request)
            assert begun.state in ("starting", "processing", "succeeded")
            seen = self.ended(provider, begun.handle)
            assert seen[-1].state == "succeeded", seen[-1]
            assert seen[-1].outputs
            shown = [look.progress for look in seen if look.progress is not None]
            assert shown == sorted(shown)
            assert all(0 <= part <= 1 for part in shown)
            for position, output in enumerate(seen[-1].outputs):
                target = folder / f"output-{position}"
                provider.fetch(output, target, lambda: None)
                provider.fetch(output, target, lambda: None)
                found = inspector.inspect(target)
                assert found.kind == provider.describe(model).kind
                assert provider.size(model, request.inputs) in (None, (found.width, found.height))
            provider.forget(begun.handle)
            if provider.capabilities.repeatable:
                with pytest.raises(PredictionLost):
                    provider.poll(begun.handle)
            else:
                assert provider.poll(begun.handle).state == "succeeded"

    def test_cancel_is_honoured(self, provider: Provider, inputs: dict[str, dict[str, Any]], tmp_path: Path) -> None:
        if not provider.capabilities.cancel:
            pytest.skip("this provider cannot cancel")
        model, values = next(iter(inputs.items()))
        begun = provider.submit(self.request(provider, model, values, tmp_path))
        started = time.monotonic()
        provider.cancel(begun.handle)
        with suppress(PredictionLost):
            while provider.poll(begun.handle).state != "canceled":
                assert time.monotonic() - started < 5
        provider.forget(begun.handle)
        if provider.capabilities.repeatable:
            with pytest.raises(PredictionLost):
                provider.poll(begun.handle)
