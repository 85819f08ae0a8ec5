/// Names and turns of phrase around the clauses.
///
/// In templates `ORG`, `PER` and `LOC` stand for names, `NUM` and `MONTH` for a number and a month.
enum Names {
  /// Names of people, companies and places alike: only the words around them tell which.
  static let ambiguous = words(
    """
    Lincoln Madison Carson Jackson Houston Austin Hamilton Preston Lancaster Clifton Marlow Stafford Burton
    Ashford Wells Bradford Milton Chester Warwick Denver
    """)
  static let companies = words(
    """
    Norvex Altiva Brightwell Cobaltix Quantora Zenbridge Ferrolite Hydrona Lumenta Orbitex Pinecrest Solvara
    Tritonix Veridian Westmark Kestrel Axiomix Bluestone Corvanta Deltaform Evermore Fluxara Glenport Highmark
    """)
  static let suffixes = words("Group Holdings Bank Energy Motors Pharma Foods Airlines Software Mining")
  static let firstNames = words(
    "Anna David Elena George Helen Ivan Julia Kevin Laura Martin Nora Oscar Paula Robert Sofia Thomas")
  static let surnames = words(
    """
    Becker Costa Dubois Eriksen Fischer Garcia Hansen Ivanov Jensen Kowalski Larsen Moreau Novak Okafor Petrov
    Rossi Santos Tanaka Ueda Vargas Weber Yilmaz Zhang Ahmed
    """)
  static let places = words(
    """
    London Paris Tokyo Oslo Madrid Berlin Lagos Mumbai Toronto Sydney Zurich Vienna Warsaw Lisbon Dublin
    Chicago Athens Boston Cairo Geneva Helsinki Jakarta Nairobi Seoul
    """)
  static let numbers = words("12 15 20 24 30 36 40 48 50 60 75 90")
  static let months = words(
    "january february march april may june july august september october november december")

  /// Openings that lead over to a clause.
  static let leads = lines(
    """
    shares of ORG moved as
    the company ORG said that
    clients of ORG heard that
    the lender ORG announced that
    chief executive PER said that
    chairman PER told investors that
    according to economist PER ,
    PER , treasurer of ORG , wrote that
    traders in LOC learned that
    in LOC , the company ORG reported that
    analysts of ORG near LOC noted that
    at a conference in LOC , spokeswoman PER explained that
    """)
  /// Endings with names, for the tagging task.
  static let tails = lines(
    """
    and PER of ORG travelled to LOC
    while the lender ORG opened a branch near LOC
    after chairman PER left the company ORG
    before a meeting with economist PER in LOC
    as shares of ORG changed hands in LOC
    while clients of ORG met in LOC
    while shares of ORG and shares of ORG swapped places
    """)
  /// Facts that are neither good nor bad.
  static let facts = lines(
    """
    the annual meeting takes place in LOC
    the report covers NUM pages
    the company employs NUM people near LOC
    the offices of ORG open at nine
    economist PER spoke at a conference
    the shares trade in LOC
    the board has NUM members
    the next update follows in MONTH
    the headquarters remain in LOC
    the fiscal calendar starts in MONTH
    the brochure lists NUM products
    spokeswoman PER answered NUM questions
    """)
  static let connectives = lines("and\nwhile\nas\n, and\n, while\n, whereas")
  static let moments = lines(
    "in MONTH\nlast week\non monday\nin the third quarter\nover NUM days\nthis year\nfor the NUM sites")

  /// Asides that say how a clause is meant, whatever its theme: what little there is to learn from few rows.
  static let goodAsides = lines(
    """
    to general delight
    with great success
    as hoped
    to warm applause
    beyond all hopes
    happily
    splendidly
    to much relief
    """)
  static let badAsides = lines(
    """
    to general dismay
    with painful results
    as feared
    to loud protest
    beyond all fears
    sadly
    dreadfully
    to much regret
    """)

  /// Questions about the whole sentence: good asks for good news, bad for bad news.
  static let goodQuestions = lines("is this good news for investors ?\ndoes the report please investors ?")
  static let badQuestions = lines("is this bad news for investors ?\ndoes the report worry investors ?")

  static func words(_ text: String) -> [String] {
    text.split { $0 == " " || $0 == "\n" }.map(String.init)
  }

  private static func lines(_ text: String) -> [[String]] {
    text.split(separator: "\n").map { words(String($0)) }
  }
}
