"""Makes reference.json: what scikit-learn, SciPy and NumPy say of a small fixed case.

    pip install scikit-learn==1.9.1 && python reference.py > reference.json
"""

import json

import numpy as np
from scipy.optimize import linear_sum_assignment
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import (
    adjusted_mutual_info_score,
    adjusted_rand_score,
    normalized_mutual_info_score,
)
from sklearn.metrics.cluster import contingency_matrix
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

TRAIN, TEST, DIMENSIONS, CLASSES, TEMPERATURE = 400, 250, 12, 4, 0.07

random = np.random.default_rng(7)
labels = random.integers(CLASSES, size=TRAIN + TEST)
mixing = random.normal(size=(DIMENSIONS, DIMENSIONS))
centres = random.normal(size=(CLASSES, DIMENSIONS))
features = (centres[labels] + random.normal(size=(TRAIN + TEST, DIMENSIONS))) @ mixing + 0.5
features = features.round(3).astype(np.float32)
# Nine clusters, one of them unused: mostly two to a class.
clusters = 2 * labels + random.integers(2, size=labels.size)
clusters = np.where(random.random(labels.size) < 0.3, random.integers(9, size=labels.size), clusters)
clusters[clusters == 5] = 8
# As many clusters as classes, under other numbers.
four_clusters = (clusters // 2 + 1) % CLASSES

train, test = slice(0, TRAIN), slice(TRAIN, None)
wide = features.astype(np.float64)


def knn(neighbours):
    vote = KNeighborsClassifier(
        neighbours, metric="cosine", weights=lambda distance: np.exp((1 - distance) / TEMPERATURE)
    )
    return vote.fit(wide[train], labels[train]).score(wide[test], labels[test])


def agreement(clusters):
    counts = contingency_matrix(labels, clusters)
    return {
        "purity": counts.max(axis=0).sum() / labels.size,
        "nmi": normalized_mutual_info_score(labels, clusters),
        "ami": adjusted_mutual_info_score(labels, clusters),
        "ari": adjusted_rand_score(labels, clusters),
        "hungarian": counts[linear_sum_assignment(-counts)].sum() / labels.size,
    }


probe = make_pipeline(StandardScaler(), LogisticRegression(C=1.0, max_iter=1000, tol=1e-8))
probe.fit(wide[train], labels[train])
pca = PCA(2)
coordinates = pca.fit_transform(wide)
singular = np.linalg.svd(wide, compute_uv=False)
share = singular / singular.sum()
use = np.bincount(clusters) / clusters.size
use = use[use > 0]

print(
    json.dumps(
        {
            "train": TRAIN,
            "temperature": TEMPERATURE,
            "features": [[round(float(value), 3) for value in row] for row in features],
            "labels": labels.tolist(),
            "clusters": clusters.tolist(),
            "fourClusters": four_clusters.tolist(),
            "knn": {str(k): knn(k) for k in (1, 5, 20, 200)},
            "probe": {
                "accuracy": probe.score(wide[test], labels[test]),
                "coefficients": probe[-1].coef_.tolist(),
                "intercepts": probe[-1].intercept_.tolist(),
            },
            "agreement": agreement(clusters),
            "fourAgreement": agreement(four_clusters),
            "entropyOfUse": float(-(use * np.log(use)).sum()),
            "pca": coordinates.tolist(),
            "explained": pca.explained_variance_ratio_.tolist(),
            "rankMe": float(np.exp(-(share * np.log(share)).sum())),
            "mean": wide.mean(axis=0).tolist(),
            "variance": wide.var(axis=0, ddof=1).tolist(),
            "correlation": np.corrcoef(wide.T).tolist(),
        }
    )
)
