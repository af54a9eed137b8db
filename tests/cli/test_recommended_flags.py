"""An app with the feature flags that `cdk init` writes synthesizes without a warning."""

import json
from pathlib import Path

from porter.cli.scaffold import create_app

from .conftest import Run

FLAGS = {
    "@aws-cdk/core:validateAgainstDefaultRules": True,
    "@aws-cdk/core:annotationsInValidationReport": True,
    "@aws-cdk/core:defaultCrossStackReferences": "weak",
    "@aws-cdk/aws-autoscaling:generateLaunchTemplateInsteadOfLaunchConfig": True,
    "@aws-cdk/aws-ec2:launchTemplateDefaultUserData": True,
    "@aws-cdk/core:explicitStackTags": True,
}


def test_a_group_that_scales_passes_the_validation_of_the_recommended_flags(
    run: Run, tmp_path: Path
) -> None:
    """An empty DesiredCapacity was a warning (F3031), and an error with these flags."""
    app = tmp_path / "hello"
    create_app(app)
    program = app / "app.py"
    text = program.read_text()
    program.write_text(text.replace("health_check=", "max_capacity=4, health_check="))
    settings = json.loads((app / "cdk.json").read_text())
    (app / "cdk.json").write_text(json.dumps(settings | {"context": FLAGS}))
    done = run("synth", "--quiet", cwd=app)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "F3031" not in done.stdout + done.stderr
