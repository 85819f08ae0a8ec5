# Writes models.json: moderated variances by limma, variance components by lme4, random effects by metafor.
#
# Run by hand in this folder: Rscript generate_models.R   (Debian: r-bioc-limma r-cran-lme4 r-cran-metafor r-cran-jsonlite)
suppressMessages({library(limma); library(lme4); library(metafor); library(jsonlite)})
set.seed(3)
moderated <- lapply(list(c(12, 2, 5), c(40, 3, 3), c(6, 7, 1e6), c(18, 2, 1.5)), function(case) {
  m <- case[1]; df <- case[2]; d0 <- case[3]
  s <- 4e-4 * d0 / rchisq(m, d0) * rchisq(m, df) / df
  if (m == 18) s[4] <- 0
  fit <- squeezeVar(s, df)
  list(variances = s, degrees = rep(df, m), squeezed = fit$var.post, prior = fit$var.prior,
       priorDegrees = if (is.finite(fit$df.prior)) fit$df.prior else 0)
})
components <- lapply(c(4, 8), function(r) {
  n <- 30
  y <- outer(rnorm(r, 0, .3), rnorm(n, 0, .5), "+") + matrix(rnorm(r * n, 0, .4), r)
  d <- data.frame(y = as.vector(y), seed = factor(row(y)), item = factor(col(y)))
  control <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhobeg = .1, rhoend = 1e-10, maxfun = 1e5))
  v <- as.data.frame(VarCorr(lmer(y ~ 1 + (1 | seed) + (1 | item), d, control = control)))
  get <- function(name) v$vcov[v$grp == name]
  list(scores = lapply(seq_len(r), function(i) y[i, ]), seed = get("seed"), item = get("item"), residual = get("Residual"))
})
effects <- lapply(list(c(6, .05), c(4, 0), c(9, .02)), function(case) {
  k <- case[1]
  se <- runif(k, .005, .03)
  y <- rnorm(k, .01, case[2]) + rnorm(k, 0, se)
  fit <- rma(y, sei = se, method = "PM", test = "knha", control = list(tol = 1e-12))
  list(estimates = y, errors = se, mean = as.numeric(fit$beta), error = fit$se, between = fit$tau2, q = fit$QE,
       low = fit$ci.lb, high = fit$ci.ub)
})
versions <- sapply(c("limma", "lme4", "metafor"), function(p) as.character(packageVersion(p)))
golden <- list(versions = as.list(versions), moderated = moderated, components = components, effects = effects)
writeLines(toJSON(golden, digits = I(17), auto_unbox = TRUE), "models.json")
