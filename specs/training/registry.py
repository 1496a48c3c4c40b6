"""The registry that `wine-cultivar` comes from: its models trained and logged, or put back.

    registry.py train          train both versions; write their logged models under registry/
    registry.py fill URI       register the committed models in an MLflow server, aliases too

The versions of `wine-cultivar` are names in an MLflow registry, as a team's own would be. A
registry is a server, which a repository cannot hold; so the logged models lie beside this script,
and `fill` gives any MLflow server the same names for the same bytes:

    mlflow server --port 5000 &
    python specs/training/registry.py fill http://127.0.0.1:5000
    fairway lock --check specs/wine-cultivar

Both commands need MLflow (3.17.2 wrote the models), scikit-learn, skops and pandas.
"""

import shutil
import sys
from pathlib import Path

import mlflow
import mlflow.sklearn
import pandas as pd
from mlflow import MlflowClient
from mlflow.models import infer_signature
from sklearn.datasets import load_wine
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

NAME = "wine-cultivar"
HERE = Path(__file__).resolve().parent
MODELS = HERE / "registry" / NAME
HOLDOUT = HERE.parent / NAME / "data" / "holdout.csv"
SEED = 7
HELD_OUT = 0.4
ALIASES = {"champion": "1", "challenger": "2"}


def columns() -> dict[str, str]:
    """Map scikit-learn's column names to those of the contract."""
    renamed = {
        "od280/od315_of_diluted_wines": "od280_od315",
        "nonflavanoid_phenols": "other_phenols",
    }
    return {str(name): renamed.get(str(name), str(name)) for name in load_wine().feature_names}


def split() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Give the rows that are trained on and those that are held out, the target as a column."""
    data = load_wine(as_frame=True).frame.rename(columns={**columns(), "target": "cultivar"})
    train, test = train_test_split(
        data, test_size=HELD_OUT, stratify=data["cultivar"], random_state=SEED
    )
    return train.sort_index(), test.sort_index()


def pipelines() -> dict[str, Pipeline]:
    """Give the untrained versions by their number in the registry."""
    return {
        "1": make_pipeline(StandardScaler(), LogisticRegression(C=0.002)),
        "2": make_pipeline(StandardScaler(), LinearDiscriminantAnalysis()),
    }


def train() -> None:
    """Train both versions, and write them as MLflow logs them, and the held-out rows."""
    rows, held_out = split()
    features, target = rows.drop(columns="cultivar"), rows["cultivar"]
    shutil.rmtree(MODELS, ignore_errors=True)
    MODELS.mkdir(parents=True)
    for number, pipeline in pipelines().items():
        pipeline.fit(features, target)
        mlflow.sklearn.save_model(
            pipeline,
            MODELS / number,
            serialization_format="skops",
            signature=infer_signature(features, pipeline.predict(features)),
        )
        right = (pipeline.predict(held_out.drop(columns="cultivar")) == held_out["cultivar"]).mean()
        print(f"{NAME} {number}: accuracy {right:.3f} on {len(held_out)} held-out rows")
    HOLDOUT.parent.mkdir(parents=True, exist_ok=True)
    held_out.to_csv(HOLDOUT, index=False, lineterminator="\n")


def fill(tracking: str) -> None:
    """Register the committed models at `tracking`; its next versions must be 1 and 2."""
    mlflow.set_tracking_uri(tracking)
    mlflow.set_experiment(NAME)
    client = MlflowClient()
    client.create_registered_model(NAME)
    for folder in sorted(MODELS.iterdir()):
        with mlflow.start_run() as run:
            client.log_artifacts(run.info.run_id, str(folder), "model")
        source = f"{run.info.artifact_uri}/model"
        version = client.create_model_version(NAME, source, run_id=run.info.run_id)
        if version.version != folder.name:
            sys.exit(f"{tracking} holds versions of {NAME} already: this became {version.version}")
    for alias, number in ALIASES.items():
        client.set_registered_model_alias(NAME, alias, number)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["train"]:
            train()
        case ["fill", uri]:
            fill(uri)
        case _:
            sys.exit(__doc__)
