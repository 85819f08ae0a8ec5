internal import Basics
public import LinearAlgebra
public import Merging
internal import Models
internal import Outlines
internal import Specs
internal import Tasks
public import Training

/// What learning coefficients leaves.
public struct LearnedCoefficients {
  /// All parameters: coefficients, then logits of masks.
  public var parameters: [Double]
  /// One point a step.
  public var curve: [CurvePoint]
  /// The objective over all texts before the first step and after the last.
  public var start: Double
  /// The objective over all texts at the end.
  public var end: Double
}

/// Learns the coefficients of a merge on some texts: forward and backward through the merged network, with gradients by the
/// coefficients alone.
///
/// L(c) = Σ_t mean over the rows of task t of its loss, by AdamW; see `CoefficientLearning` for the objectives. The result
/// is a function of base, adapters, texts and seed: rows and masks come from named streams, sums have a fixed order.
public final class CoefficientTrainer {
  private let base: BaseModel
  private let tasks: [CoefficientTask]
  private let merge: LearnableMerge
  private let learning: CoefficientLearning
  private let stream: RandomStream
  private let sites: [(site: LinearLayer, learnable: LearnableMerge.Site)]

  private let folded: any Network
  /// M of every site.
  private let cores: [Matrix]
  /// M·R, (r, in), of every site in factors.
  private let products: [Matrix?]
  private let gradients: [Matrix]
  private let lanes: [CoefficientLane]
  private var samplers: [MixtureSampler]

  /// Prepares a learning.
  ///
  /// - Parameters:
  ///   - tasks: Each with at least one text.
  ///   - workspaces: One for each thread; their number changes no result.
  public init(
    base: BaseModel, tasks: [CoefficientTask], merge: LearnableMerge, learning: CoefficientLearning,
    seed: Int,
    workspaces: [Workspace] = [Workspace()]
  ) {
    precondition(tasks.allSatisfy { !$0.examples.isEmpty } && !tasks.isEmpty, "a task without texts")
    self.base = base
    self.tasks = tasks
    self.merge = merge
    self.learning = learning
    stream = RandomStream(seed: seed, "tune")
    let outline = base.network.outline
    let places = Dictionary(uniqueKeysWithValues: outline.layers.map { ($0.path, $0) })
    let sites = merge.sites.compactMap { site in
      places[site.path].map { (site: $0, learnable: site) }
    }
    precondition(sites.count == merge.sites.count, "an adapter of another base")
    self.sites = sites
    folded = base.network.owning(sites.map(\.site))
    cores = sites.map { Matrix(rows: $0.learnable.shape.rows, columns: $0.learnable.shape.columns) }
    products = sites.map { entry in
      entry.learnable.right.map { Matrix(rows: entry.learnable.shape.rows, columns: $0.columns) }
    }
    gradients = cores.map { Matrix(rows: $0.rows, columns: $0.columns) }
    lanes = workspaces.map {
      CoefficientLane(
        outline: outline, sites: sites, tasks: tasks, objective: learning.objective, workspace: $0)
    }
    samplers = tasks.map {
      MixtureSampler(
        sizes: [$0.examples.count], rates: [1], concatenate: true, seed: seed, name: "tune",
        $0.head.task.name)
    }
  }

  /// Learns for as many steps as were asked for.
  ///
  /// - Parameter progress: Called after each step; what it throws ends the learning.
  /// - Throws: a `Diagnostic` where the loss is no number any more.
  public func run(
    progress: (_ share: Double, _ point: CurvePoint) throws -> Void = { _, _ in }
  ) throws -> LearnedCoefficients {
    let count = merge.coefficients.count
    let storage = (values: Storage(count: merge.count), gradients: Storage(count: merge.count))
    let values = storage.values.flat
    let slopes = storage.gradients.flat
    values.columns(0..<count).fill(Float(merge.start))
    let optimiser = CoefficientOptimiser(values, slopes, coefficients: count, learning)
    var start = [Double](repeating: merge.start, count: count)
    start += [Double](repeating: 0, count: merge.logits)
    var curve: [CurvePoint] = []
    let before = objective(start.map { Float($0) })
    for step in 1...max(1, learning.steps) where step <= learning.steps {
      let (loss, gradient) = lossAndGradient(values.values, draw(), step: step)
      let norm = try optimiser.step(gradient, loss: loss, number: step)
      let point = CurvePoint(
        step: step, loss: loss, learningRate: learning.learningRate, gradientNorm: norm)
      curve.append(point)
      try progress(Double(step) / Double(learning.steps), point)
    }
    let end = learning.steps > 0 ? values.values.map { Double($0) } : start
    return LearnedCoefficients(
      parameters: end, curve: curve, start: before,
      end: learning.steps > 0 ? objective(end.map { Float($0) }) : before)
  }

  /// The next rows: the same number of every task, or all that it has.
  private func draw() -> [Drawn] {
    tasks.indices.flatMap { task in
      (0..<min(learning.batch, tasks[task].examples.count)).map { _ in
        let index = samplers[task].next().example
        return (task, index, tasks[task].examples[index])
      }
    }
  }

  /// Every row of every task.
  private var all: [Drawn] {
    tasks.enumerated().flatMap { task, entry in
      entry.examples.enumerated().map { (task, $0.offset, $0.element) }
    }
  }

  /// The objective over all texts, without the regulariser and with the mask that is kept in the end.
  private func objective(_ parameters: [Float]) -> Double {
    fold(parameters, masks: sites.map { $0.learnable.mask.map { ConcreteMask.kept(parameters[$0]) } })
    return accumulate(all, isBackward: false)
  }

  /// The loss of all texts at some parameters and its gradient by them, with the mask of step 0.
  public func lossAndGradient(_ parameters: [Double]) -> (loss: Double, gradient: [Double]) {
    lossAndGradient(parameters.map { Float($0) }, all, step: 0)
  }

  private func lossAndGradient(
    _ parameters: [Float], _ drawn: [Drawn], step: Int
  ) -> (loss: Double, gradient: [Double]) {
    let masks = sites.map { entry -> [Float]? in
      guard let range = entry.learnable.mask, let mask = learning.mask else { return nil }
      return ConcreteMask.draw(
        parameters[range], temperature: mask.temperature,
        random: stream.stream("mask", "\(step)", entry.learnable.path))
    }
    fold(parameters, masks: masks)
    for gradient in gradients { gradient.fill(0) }
    var loss = accumulate(drawn, isBackward: true)
    var sums = [Double](repeating: 0, count: merge.count)
    for (index, entry) in sites.enumerated() {
      if let range = entry.learnable.mask, let mask = masks[index], let settings = learning.mask {
        entry.learnable.write(parameters, into: cores[index])
        let slopes = ConcreteMask.backward(
          mask, gradient: gradients[index], core: cores[index], temperature: settings.temperature)
        for (place, slope) in zip(range, slopes) { sums[place] = slope }
      }
      entry.learnable.addGradient(gradients[index], to: &sums)
    }
    if learning.l1 > 0 {
      let factor = learning.l1 / Double(merge.coefficients.count)
      for i in merge.coefficients.indices {
        loss += factor * Double(parameters[i].magnitude)
        sums[i] += parameters[i] > 0 ? factor : (parameters[i] < 0 ? -factor : 0)
      }
    }
    return (loss, sums)
  }

  /// W ← W₀ + L·M·R at every site, every lane its share of them.
  private func fold(_ parameters: [Float], masks: [[Float]?]) {
    concurrently(sites.count, lanes: lanes.count) { index in
      let (site, learnable) = sites[index]
      learnable.write(parameters, into: cores[index])
      if let mask = masks[index] { ConcreteMask.apply(mask, to: cores[index]) }
      if let left = learnable.left, let right = learnable.right, let product = products[index] {
        gemm(cores[index], right, into: product)
        Models.fold(
          [LoRAFactors(site: site, a: product, b: left, scale: 1)], of: base.network, into: folded)
      } else {
        let weight = folded.weight(site)
        weight.copy(from: base.network.weight(site))
        add(cores[index], to: weight)
      }
    }
  }

  /// The loss of some rows, each task's a mean; gradients by the cores are added in order, whatever the number of lanes.
  private func accumulate(_ drawn: [Drawn], isBackward: Bool) -> Double {
    let counts = tasks.indices.map { task in drawn.count { $0.task == task } }
    let weights = counts.map { 1 / Double(max(1, $0)) }
    var shards = Shards()
    shards.split(drawn.map(\.example.ids.count))
    let parts = (0..<shards.count).map { part in shards[part].map { drawn[$0] } }
    let reader = base.reader(folded)
    var loss = 0.0
    inRounds(parts.count, lanes: lanes.count) { lane, part in
      lanes[lane].accumulate(parts[part], reader, weights: weights, isBackward: isBackward)
    } joined: { lane, _ in
      loss += lanes[lane].loss
      if !isBackward { return }
      for (gradient, part) in zip(gradients, lanes[lane].gradients) { add(part, to: gradient) }
    }
    return loss
  }
}
