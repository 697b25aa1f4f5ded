"""Functions of C that models share: each is written into a file once, and only where it is called."""

from __future__ import annotations

from shoal.activations import Activation
from shoal.export.c.activations import Precision, expression
from shoal.export.c.text import indented


class Functions:
    """The functions that a file has so far, in the order in which they were asked for.

    >>> import numpy as np
    >>> functions = Functions(Precision(np.dtype(np.float32)))
    >>> functions.need("covered"), functions.need("covered"), len(functions.written)
    ('covered', 'covered', 1)
    """

    def __init__(self, precision: Precision) -> None:
        self.precision = precision
        self.written: dict[str, str] = {}
        self._activations: dict[str, str] = {}

    def need(self, name: str) -> str:
        """Return the name of a function of ``TEXTS``, which the file then has, below those that it calls.

        ``real`` is the type of the weights in them.
        """
        for called in CALLS.get(name, ()):
            self.need(called)
        self.written.setdefault(name, TEXTS[name].strip())
        return name

    def activation(self, g: Activation) -> str:
        """Return the name of the function that replaces m numbers by what ``g`` makes of them."""
        formula = expression(g, self.precision)
        if formula not in self._activations:
            name = self._activations[formula] = f"{g.name}_{len(self._activations)}"
            loop = ["for (int j = 0; j < m; j++) {", "    real z = a[j];", f"    a[j] = {formula};", "}"]
            self.written[name] = f"static void {name}(real *a, int m)\n{{\n{indented(loop)}\n}}"
        return self._activations[formula]


TEXTS = {
    "scaled": """
/* r / sqrt(1 + (r/3)^2) with r = (x - median) / scale; 0 where x is missing */
static double scaled(double x, double median, double scale)
{
    double r = isnan(x) ? 0.0 : fmax(fmin((x - median) / scale, 1e100), -1e100);
    return r / hypot(1.0, r / 3.0);
}
""",
    "covered": """
/* how much of a piece of its range a number has covered, less a half */
static double covered(double x, double low, double high)
{
    return fmax(fmin((x - low) / (high - low), 1.0), 0.0) - 0.5;
}
""",
    "remainder_of": """
static double remainder_of(double x, double divisor)
{
    return x - floor(x / divisor) * divisor;
}
""",
    "month": """
/* months since January, over 12; years begin with March here, so that a leap day comes last (Hinnant 2013) */
static double month(double days)
{
    double day = remainder_of(floor(days) + 719468.0, 146097.0);
    double year = floor((day - floor(day / 1460.0) + floor(day / 36524.0) - floor(day / 146096.0)) / 365.0);
    double of_year = day - (365.0 * year + floor(year / 4.0) - floor(year / 100.0));
    return remainder_of(floor((5.0 * of_year + 2.0) / 153.0) + 2.0, 12.0) / 12.0;
}
""",
    "weekday": """
static double weekday(double days)
{
    return remainder_of(floor(days) + 3.0, 7.0) / 7.0; /* 1970-01-01 was a Thursday */
}
""",
    "hour": """
static double hour(double days)
{
    return days - floor(days);
}
""",
    "dense": """
/* z = W a + b, W (m, n) row by row */
static void dense(const real *W, const real *b, int m, int n, const real *a, real *z)
{
    for (int j = 0; j < m; j++) {
        real sum = 0;
        for (int k = 0; k < n; k++)
            sum += W[j * n + k] * a[k];
        z[j] = sum + b[j];
    }
}
""",
    "dense_int8": """
/* z = s Q a + b, Q (m, n) in 8 bits, row by row, s (m) the scale of each row */
static void dense_int8(const int8_t *Q, const real *s, const real *b, int m, int n, const real *a, real *z)
{
    for (int j = 0; j < m; j++) {
        real sum = 0;
        for (int k = 0; k < n; k++)
            sum += (real)Q[j * n + k] * a[k];
        z[j] = s[j] * sum + b[j];
    }
}
""",
    "scale_and_shift": """
static void scale_and_shift(const real *scale, const real *shift, int m, const real *a, real *z)
{
    for (int j = 0; j < m; j++)
        z[j] = a[j] * scale[j] + shift[j];
}
""",
    "normalise": """
/* to mean 0 and variance 1, then scaled and shifted */
static void normalise(const real *scale, const real *shift, real epsilon, int m, const real *a, real *z)
{
    real mean = 0, variance = 0;
    for (int j = 0; j < m; j++)
        mean += a[j];
    mean /= (real)m;
    for (int j = 0; j < m; j++)
        variance += (a[j] - mean) * (a[j] - mean);
    real deviation = (real)sqrt((double)(variance / (real)m + epsilon));
    for (int j = 0; j < m; j++)
        z[j] = (a[j] - mean) / deviation * scale[j] + shift[j];
}
""",
    "softmax": """
static void softmax(int K, const real *z, double *p)
{
    double largest = z[0], total = 0.0;
    for (int k = 1; k < K; k++)
        largest = fmax(largest, z[k]);
    for (int k = 0; k < K; k++)
        total += p[k] = exp(z[k] - largest);
    for (int k = 0; k < K; k++)
        p[k] /= total;
}
""",
    "sigmoid": """
static double sigmoid(double z)
{
    return 1.0 / (1.0 + exp(fmin(-z, 702.0)));
}
""",
    "cool": """
/* probabilities at another temperature: shares of p^(1/T) */
static void cool(int K, double T, double *p)
{
    double largest = p[0], total = 0.0;
    for (int k = 1; k < K; k++)
        largest = fmax(largest, p[k]);
    for (int k = 0; k < K; k++)
        total += p[k] = pow(p[k] / largest, 1.0 / T);
    for (int k = 0; k < K; k++)
        p[k] /= total;
}
""",
}

CALLS = {"month": ("remainder_of",), "weekday": ("remainder_of",)}
