// Asks before a lab is stopped.
import { useTranslation } from 'react-i18next';
import { Button } from '../../kit/button.tsx';
import { Dialog } from '../../kit/dialog.tsx';
import { stop } from '../../state/actions.ts';

export function StopDialog({ lab, onClose }: { readonly lab: string; readonly onClose: () => void }) {
  const { t } = useTranslation();
  const confirm = (): void => {
    void stop(lab);
    onClose();
  };
  return (
    <Dialog title={t('stopTitle')} onClose={onClose}>
      <p>{t('stopWarning')}</p>
      <div className="dialog-buttons">
        <span className="spread" />
        <Button onPress={onClose}>{t('cancel')}</Button>
        <Button kind="danger" onPress={confirm}>
          {t('stop')}
        </Button>
      </div>
    </Dialog>
  );
}
