/** Texts of every page. */
export const common = {
  'language.switch': ['Français', 'English'],
  'language.code': ['FR', 'EN'],
  'copy': ['Copy', 'Copier'],
  'copied': ['Copied', 'Copié'],
  'tally.program': ['On air', 'À l’antenne'],
  'tally.preview': ['Next', 'Suivant'],
} as const;
